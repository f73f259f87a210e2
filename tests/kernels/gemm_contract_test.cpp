// The contract of gemm.h, for every GEMM and GEMV kernel of this build.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/kernels/support/gemm_case.h"

namespace pincer::kernels {
namespace {

using test::FloatSource;
using test::GemmCase;
using test::GemmShape;
using test::GemmValues;

class GemmContract : public testing::TestWithParam<const GemmKernel*> {
 protected:
  void SetUp() override {
    if (!cpu_supports(kernel().isa)) {
      GTEST_SKIP() << "this CPU has no " << isa_name(kernel().isa) << ": " << kernel().name;
    }
  }
  const GemmKernel& kernel() const { return *GetParam(); }
  GemmValues random_values(FloatSource& source) const {
    return test::random_values(source, kernel().shape.bits);
  }
  std::string run(GemmCase& product) const {
    kernel().fn(product.args());
    return product.problem();
  }
};

std::vector<std::int64_t> around(std::int64_t tile, std::vector<std::int64_t> more) {
  for (const std::int64_t size : {tile - 1, tile, tile + 1}) {
    if (size > 0) more.push_back(size);
  }
  std::ranges::sort(more);
  more.erase(std::unique(more.begin(), more.end()), more.end());
  return more;
}

TEST_P(GemmContract, EveryShape) {
  FloatSource source(1);
  const GemmValues values = random_values(source);
  for (const Layout& layout : test::layouts_of(kernel())) {
    for (const std::int64_t k : {1, 31, 32, 33, 64, 97, 576}) {
      for (const std::int64_t n : around(layout.nr, {1, 37, 2 * layout.nr + 1, 5 * layout.nr})) {
        for (const std::int64_t m : around(kernel().mr, {1, 2, 11})) {
          if (m * n * k > 60000 && (m % 2 == 0 || n % 2 == 0)) continue;  // the odd ones say it all
          GemmCase product(layout, kernel(), {m, n, k}, values, source);
          ASSERT_EQ(run(product), "");
        }
      }
    }
  }
}

TEST_P(GemmContract, LongRows) {
  FloatSource source(2);
  const GemmValues values = random_values(source);
  for (const Layout& layout : test::layouts_of(kernel())) {
    GemmCase product(layout, kernel(), {kernel().mr + 1, layout.nr + 1, 1536}, values, source);
    ASSERT_EQ(run(product), "");
  }
}

// Kernels cut large products into blocks: of rows, of panels, of k.
TEST_P(GemmContract, MoreThanABlock) {
  FloatSource source(7);
  const GemmValues values = random_values(source);
  for (const Layout& layout : test::layouts_of(kernel())) {
    if (kernel().shape.any() && layout.nr != 16) continue;
    for (const GemmShape& shape : {GemmShape{515, 17 * layout.nr + 1, 64}, {35, 19, 4200}}) {
      GemmCase product(layout, kernel(), shape, values, source);
      ASSERT_EQ(run(product), "");
    }
  }
}

// The longest that a correction has room for: sums come close to 2^31 by 8-bit weights, 16 times
// theirs by 4-bit ones.
TEST_P(GemmContract, LongestRows) {
  const int limit = test::weight_limit(kernel().shape.bits);
  const std::int64_t k = 131071;
  FloatSource source(7);
  for (const Layout& layout : test::layouts_of(kernel())) {
    if (layout.group != 0 || layout.nr == 1) continue;
    const std::int64_t kr = layout.kr;
    const auto a = [kr](std::int64_t, std::int64_t at) {
      return static_cast<std::int8_t>(at / kr % 2 == 0 ? -128 : 127);
    };
    const auto low = [](std::int64_t, std::int64_t) { return std::int8_t{-128}; };
    const auto w = [limit](std::int64_t, std::int64_t) { return static_cast<std::int8_t>(limit); };
    for (const test::QuantFn& row : {test::QuantFn(a), test::QuantFn(low)}) {
      GemmCase product(layout, kernel(), {1, 1, k}, {.a = row, .w = w}, source);
      ASSERT_EQ(run(product), "");
    }
  }
}

TEST_P(GemmContract, ExtremeValues) {
  const auto constant = [](int value) {
    return [value](std::int64_t, std::int64_t) { return static_cast<std::int8_t>(value); };
  };
  const auto alternating = [](int even, int odd) {
    return [even, odd](std::int64_t, std::int64_t k) {
      return static_cast<std::int8_t>(k % 2 == 0 ? even : odd);
    };
  };
  const test::QuantFn rows[] = {constant(-128), constant(127), constant(0), alternating(-128, 127),
                                alternating(0, -128)};
  const int limit = test::weight_limit(kernel().shape.bits);
  const test::QuantFn weights[] = {constant(-limit), constant(limit), constant(0),
                                   alternating(limit, -limit), alternating(-limit, 0)};
  FloatSource source(3);
  for (const Layout& layout : test::layouts_of(kernel())) {
    for (const std::int64_t k : {33, 576}) {
      for (const test::QuantFn& a : rows) {
        for (const test::QuantFn& w : weights) {
          const GemmShape shape{kernel().mr, layout.nr, k};
          GemmCase product(layout, kernel(), shape, {.a = a, .w = w}, source);
          ASSERT_EQ(run(product), "") << "a " << int{a(0, 0)} << "," << int{a(0, 1)} << " w "
                                      << int{w(0, 0)} << "," << int{w(0, 1)};
        }
      }
    }
  }
}

// Below 2^24 floats count exactly: 127 * 128 * 576 < 2^24, so the sums of all groups come through
// unrounded.
TEST_P(GemmContract, UnitScalesGiveTheExactIntegers) {
  FloatSource source(4);
  GemmValues values = random_values(source);
  values.unit_scales = true;
  values.bias = false;
  for (const Layout& layout : test::layouts_of(kernel())) {
    const GemmShape shape{kernel().mr + 2, layout.nr + 3, 576};
    GemmCase product(layout, kernel(), shape, values, source);
    kernel().fn(product.args());
    for (std::int64_t m = 0; m < shape.m; ++m) {
      for (std::int64_t n = 0; n < shape.n; ++n) {
        std::int64_t sum = 0;
        const std::int64_t groups = product.weights().groups();
        for (std::int64_t g = 0; g < groups; ++g) sum += product.exact_sum(m, n, g);
        ASSERT_EQ(product.result(m, n), static_cast<float>(sum)) << product.describe();
      }
    }
  }
}

TEST_P(GemmContract, RectanglesLeaveTheRestAlone) {
  FloatSource source(5);
  const GemmValues values = random_values(source);
  for (const Layout& layout : test::layouts_of(kernel())) {
    const std::int64_t nr = layout.nr;
    const GemmShape shape{2 * kernel().mr + 3, 6 * nr + 1, 64};
    GemmCase product(layout, kernel(), shape, values, source, 5);
    const std::int64_t panels = product.weights().panels(), ir = kernel().ir;
    const std::int64_t last = shape.m / ir * ir;
    for (const auto& [m_begin, m_end] : {std::pair<std::int64_t, std::int64_t>{0, 1},
                                         {ir, kernel().mr + 2},
                                         {kernel().mr / ir * ir, shape.m},
                                         {last, last}}) {
      for (const auto& [p_begin, p_end] : {std::pair<std::int64_t, std::int64_t>{0, 1},
                                           {1, 4},
                                           {2, 5},
                                           {panels - 1, panels},
                                           {3, 3}}) {
        product.clear();
        GemmArgs args = product.args();
        args.m_begin = m_begin;
        args.m_end = m_end;
        args.panel_begin = p_begin;
        args.panel_end = p_end;
        kernel().fn(args);
        ASSERT_EQ(product.problem(m_begin, m_end, p_begin * nr, std::min(p_end * nr, shape.n)), "")
            << "rows " << m_begin << "-" << m_end << " panels " << p_begin << "-" << p_end;
      }
    }
  }
}

TEST_P(GemmContract, NoRowsNoWork) {
  FloatSource source(6);
  const GemmValues values = random_values(source);
  GemmCase product(test::layouts_of(kernel()).front(), kernel(), {0, 16, 32}, values, source);
  EXPECT_EQ(run(product), "");
}

INSTANTIATE_TEST_SUITE_P(Kernels, GemmContract, testing::ValuesIn(test::all_gemm_kernels()),
                         [](const auto& row) { return std::string(row.param->name); });

}  // namespace
}  // namespace pincer::kernels
