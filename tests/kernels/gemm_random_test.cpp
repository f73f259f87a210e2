// Differential test: random shapes, layouts, strides and rectangles, every kernel against the
// contract's formula.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/kernels/support/fuzz.h"
#include "tests/kernels/support/gemm_case.h"

namespace pincer::kernels {
namespace {

class GemmRandom : public testing::TestWithParam<const GemmKernel*> {};

TEST_P(GemmRandom, AgreesWithTheFormula) {
  const GemmKernel& kernel = *GetParam();
  if (!cpu_supports(kernel.isa)) {
    GTEST_SKIP() << "this CPU has no " << isa_name(kernel.isa) << ": " << kernel.name;
  }
  const std::vector<Layout> layouts = test::layouts_of(kernel);
  test::fuzz(150, [&](test::FloatSource& source) {
    const auto pick = [&source](int from, int to) { return from + source.below(to - from + 1); };
    const Layout& layout =
        layouts[static_cast<std::size_t>(pick(0, static_cast<int>(layouts.size()) - 1))];
    const test::GemmShape shape{pick(1, 14), pick(1, 100), pick(1, 300)};
    test::GemmValues values = test::random_values(source, kernel.shape.bits);
    values.bias = pick(0, 1) == 1;
    test::GemmCase product(layout, kernel, shape, values, source, pick(0, 9));
    GemmArgs args = product.args();
    args.m_begin = pick(0, static_cast<int>(args.m_end)) / kernel.ir * kernel.ir;
    args.m_end = pick(static_cast<int>(args.m_begin), static_cast<int>(args.m_end));
    args.panel_begin = pick(0, static_cast<int>(args.panel_end));
    args.panel_end = pick(static_cast<int>(args.panel_begin), static_cast<int>(args.panel_end));
    kernel.fn(args);
    ASSERT_EQ(product.problem(args.m_begin, args.m_end, args.panel_begin * layout.nr,
                              std::min(args.panel_end * layout.nr, shape.n)),
              "");
  });
}

INSTANTIATE_TEST_SUITE_P(Kernels, GemmRandom, testing::ValuesIn(test::all_gemm_kernels()),
                         [](const auto& row) { return std::string(row.param->name); });

}  // namespace
}  // namespace pincer::kernels
