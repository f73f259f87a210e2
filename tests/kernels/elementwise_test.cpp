// Every table of row operations of this build against FP64 and against the scalar table bit for
// bit. Rows end at guard pages and start off any alignment.
#include "pincer/kernels/elementwise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "pincer/kernels/cpu.h"
#include "pincer/kernels/kernel_table.h"
#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/fuzz.h"
#include "tests/kernels/support/guarded_buffer.h"

namespace pincer::kernels {
namespace {

using test::BitHash;
using test::FloatSource;
using test::guarded_copy;
using test::same_bytes;
using Row = test::GuardedBuffer<float>;

constexpr std::int64_t kLengths[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 97, 251, 576, 1009};
constexpr double kU =
    0x1p-24;  // half the distance from 1 to the next float: the error of one rounding

Row random_row(FloatSource& source, std::int64_t n, float scale = 1.0f) {
  Row row(static_cast<std::size_t>(n));
  for (float& v : row) v = source.next(scale);
  return row;
}
Row copy_of(const Row& row) { return guarded_copy(std::span<const float>(row.data(), row.size())); }

// What the operations give for one seeded row of n floats: the unit of comparison between ISAs.
struct Outputs {
  std::vector<float> floats;
  std::vector<std::int8_t> quants;
  std::vector<std::int32_t> corrections;
};

void add_quantized(const ElementwiseTable& table, const Row& x, std::int64_t group, Outputs& out) {
  const auto k = static_cast<std::int64_t>(x.size());
  const std::int64_t groups = group == 0 ? 1 : (k + group - 1) / group;
  test::GuardedBuffer<std::int8_t> q((k + 31) / 32 * 32);
  Row scale(groups);
  test::GuardedBuffer<std::int32_t> correction(groups);
  table.quantize_row(x.data(), k, static_cast<std::int64_t>(q.size()), group, q.data(),
                     scale.data(), correction.data());
  out.quants.insert(out.quants.end(), q.begin(), q.end());
  out.floats.insert(out.floats.end(), scale.begin(), scale.end());
  out.corrections.insert(out.corrections.end(), correction.begin(), correction.end());
}

Outputs run_all(const ElementwiseTable& table, std::int64_t n, float scale, std::uint64_t seed) {
  FloatSource source(seed);
  const Row x = random_row(source, n, scale), y = random_row(source, n, scale);
  Outputs out;
  const auto keep = [&](const Row& row) {
    out.floats.insert(out.floats.end(), row.begin(), row.end());
  };
  Row result(n);
  table.rms_norm(x.data(), y.data(), 1e-5f, n, result.data());
  keep(result);
  table.silu_mul(x.data(), y.data(), n, result.data());
  keep(result);
  table.gelu_mul(x.data(), y.data(), n, result.data());
  keep(result);
  result = copy_of(x);
  table.softmax(result.data(), n);
  keep(result);
  result = copy_of(x);
  table.add(result.data(), y.data(), n);
  keep(result);
  const std::int64_t half = n / 2;  // one head of n floats
  result = copy_of(x);
  table.rope(result.data(), y.data(), y.data() + n - half, 1, n, 2 * half);
  keep(result);
  if (n == 0) return out;
  for (const std::int64_t group : {0, 32, 64}) add_quantized(table, x, group, out);
  return out;
}

class ElementwiseTest : public testing::TestWithParam<ElementwiseKernel> {
 protected:
  void SetUp() override {
    if (!cpu_supports(GetParam().isa)) {
      GTEST_SKIP() << GetParam().name << " needs " << isa_name(GetParam().isa)
                   << ", which this CPU lacks";
    }
  }
  const ElementwiseTable& table() const { return *GetParam().fn; }
  static const ElementwiseTable& scalar() { return *elementwise_kernels().back().fn; }
};

TEST_P(ElementwiseTest, HasTheBitsOfScalar) {
  for (const std::int64_t n : kLengths) {
    for (const float scale : {1e-30f, 1.0f, 20.0f, 150.0f}) {
      const std::uint64_t seed = 100 + static_cast<std::uint64_t>(n);
      const Outputs out = run_all(table(), n, scale, seed);
      const Outputs expected = run_all(scalar(), n, scale, seed);
      ASSERT_TRUE(same_bytes<float>(out.floats, expected.floats)) << n << " x " << scale;
      ASSERT_EQ(out.quants, expected.quants) << n << " x " << scale;
      ASSERT_EQ(out.corrections, expected.corrections) << n << " x " << scale;
    }
  }
}

// One hash for x86 and Arm, scalar and vector: taken from the scalar kernels of both architectures
// and from AVX2, AVX-512 and NEON, which agree.
TEST_P(ElementwiseTest, HasTheBitsOfScalarForRandomRows) {
  test::fuzz(100, [&](FloatSource& source) {
    const std::int64_t n = source.below(3000);
    const float scale = std::ldexp(1.0f, source.below(60) - 50);
    const std::uint64_t seed = source.bits();
    const Outputs out = run_all(table(), n, scale, seed);
    const Outputs expected = run_all(scalar(), n, scale, seed);
    ASSERT_TRUE(same_bytes<float>(out.floats, expected.floats)) << n << " x " << scale;
    ASSERT_EQ(out.quants, expected.quants) << n << " x " << scale;
    ASSERT_EQ(out.corrections, expected.corrections) << n << " x " << scale;
  });
}

TEST_P(ElementwiseTest, GivesTheSameAnswerEverywhere) {
  BitHash hash;
  for (const std::int64_t n : kLengths) {
    const Outputs out = run_all(table(), n, 10.0f, 100 + static_cast<std::uint64_t>(n));
    hash.add<float>(out.floats);
    hash.add<std::int8_t>(out.quants);
    hash.add<std::int32_t>(out.corrections);
  }
  EXPECT_EQ(hash.value(), 18344104506968191783u);
}

// The relative error of the sum of squares is at most (n / 16 + 5) u, halved by the square root;
// mean, + eps, sqrt, 1 / and two products round once each.
TEST_P(ElementwiseTest, RmsNormMatchesFp64) {
  FloatSource source(1);
  for (const std::int64_t n : kLengths) {
    const Row x = random_row(source, n, 3.0f), gain = random_row(source, n);
    Row y(n);
    table().rms_norm(x.data(), gain.data(), 1e-5f, n, y.data());
    double squares = 0;
    for (const float v : x) squares += static_cast<double>(v) * v;
    const double norm = std::sqrt(squares / static_cast<double>(n) + 1e-5f);
    const double tolerance = (static_cast<double>(n) / 32 + 8) * kU;
    for (std::int64_t i = 0; i < n; ++i) {
      const double expected = x[i] / norm * gain[i];
      ASSERT_NEAR(y[i], expected, tolerance * std::abs(expected)) << "n " << n << " i " << i;
    }
  }
}

TEST_P(ElementwiseTest, RmsNormInPlaceAndUnderScaling) {
  FloatSource source(2);
  const Row x = random_row(source, 251), gain = random_row(source, 251);
  Row expected(251), scaled(251), in_place = copy_of(x);
  table().rms_norm(x.data(), gain.data(), 0.0f, 251, expected.data());
  table().rms_norm(in_place.data(), gain.data(), 0.0f, 251, in_place.data());
  EXPECT_TRUE(same_bytes<float>({in_place.data(), 251}, {expected.data(), 251}));
  for (std::size_t i = 0; i < 251; ++i) scaled[i] = x[i] * 64.0f;  // a power of two changes no bit
  table().rms_norm(scaled.data(), gain.data(), 0.0f, 251, scaled.data());
  EXPECT_TRUE(same_bytes<float>({scaled.data(), 251}, {expected.data(), 251}));
}

// p_j is off by (range + 2) u (the subtraction, and exp within 1 ulp), the sum by as much and (n /
// 16 + 4) u, the quotient by u.
TEST_P(ElementwiseTest, SoftmaxMatchesFp64AndSumsToOne) {
  FloatSource source(3);
  for (const std::int64_t n : kLengths) {
    const Row x = random_row(source, n, 20.0f);
    Row p = copy_of(x);
    table().softmax(p.data(), n);
    double total = 0, sum = 0, largest = -INFINITY;
    for (const float v : x) largest = std::max<double>(largest, v);
    for (const float v : x) total += std::exp(v - largest);
    const double tolerance = (2 * (40 + 2) + static_cast<double>(n) / 16 + 5) * kU;
    for (std::int64_t i = 0; i < n; ++i) {
      const double expected = std::exp(x[i] - largest) / total;
      ASSERT_NEAR(p[i], expected, tolerance * expected) << "n " << n << " i " << i;
      sum += p[i];
    }
    if (n > 0) {
      ASSERT_NEAR(sum, 1.0, (static_cast<double>(n) / 16 + 6) * kU);
    }
  }
}

TEST_P(ElementwiseTest, SoftmaxIsInvariantUnderShifts) {
  FloatSource source(4);
  Row x(251);
  for (float& v : x) v = static_cast<float>(source.below(64));  // sums with the shift are exact
  Row shifted = copy_of(x);
  for (float& v : shifted) v += 1000.0f;
  table().softmax(x.data(), 251);
  table().softmax(shifted.data(), 251);
  EXPECT_TRUE(same_bytes<float>({x.data(), 251}, {shifted.data(), 251}));
}

TEST_P(ElementwiseTest, SoftmaxMasksMinusInfinityAndPassesNanOn) {
  for (const std::size_t n : {3u, 16u, 33u}) {
    Row x(n);
    std::fill(x.begin(), x.end(), -std::numeric_limits<float>::infinity());
    x[n - 2] = 5.0f;
    table().softmax(x.data(), static_cast<std::int64_t>(n));
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(x[i], i == n - 2 ? 1.0f : 0.0f);
    x[0] = std::numeric_limits<float>::quiet_NaN();
    table().softmax(x.data(), static_cast<std::int64_t>(n));
    for (const float p : x) EXPECT_TRUE(std::isnan(p));
  }
}

// A rotation by the angle of (c, s): the product of complex numbers. Each component has two
// products and a sum, 2 u of their magnitudes.
TEST_P(ElementwiseTest, RopeIsAComplexProduct) {
  FloatSource source(5);
  struct Shape {
    std::int64_t heads, head_dim, rope_dim;
  };
  for (const Shape s : {Shape{1, 64, 64},
                        {9, 64, 64},
                        {3, 80, 80},
                        {2, 128, 32},
                        {5, 48, 34},
                        {4, 2, 2},
                        {2, 16, 0}}) {
    const std::int64_t half = s.rope_dim / 2;
    Row cosine(half), sine(half);
    for (std::int64_t i = 0; i < half; ++i) {
      const float angle = source.next(3.14f);
      cosine[i] = std::cos(angle);
      sine[i] = std::sin(angle);
    }
    const Row x = random_row(source, s.heads * s.head_dim);
    Row y = copy_of(x);
    table().rope(y.data(), cosine.data(), sine.data(), s.heads, s.head_dim, s.rope_dim);
    for (std::int64_t h = 0; h < s.heads; ++h) {
      const float* before = x.data() + h * s.head_dim;
      const float* after = y.data() + h * s.head_dim;
      for (std::int64_t i = 0; i < half; ++i) {
        const std::complex<double> z(before[i], before[i + half]);
        const std::complex<double> expected = z * std::complex<double>(cosine[i], sine[i]);
        ASSERT_NEAR(after[i], expected.real(), 3 * kU * std::abs(z));
        ASSERT_NEAR(after[i + half], expected.imag(), 3 * kU * std::abs(z));
        // cosine and sine are rounded too: the norm is kept within 4 u.
        ASSERT_NEAR(std::hypot(after[i], after[i + half]), std::abs(z), 4 * kU * std::abs(z));
      }
      for (std::int64_t i = s.rope_dim; i < s.head_dim; ++i) ASSERT_EQ(after[i], before[i]);
    }
  }
}

// Five roundings and exp within 1 ulp. Below -88 the result is flushed: at most 1e-35 is lost.
TEST_P(ElementwiseTest, SiluMatchesFp64) {
  FloatSource source(6);
  for (const std::int64_t n : kLengths) {
    for (const float scale : {1.0f, 30.0f, 200.0f}) {
      const Row gate = random_row(source, n, scale), up = random_row(source, n);
      Row y(n);
      table().silu_mul(gate.data(), up.data(), n, y.data());
      for (std::int64_t i = 0; i < n; ++i) {
        const double expected = gate[i] / (1 + std::exp(-static_cast<double>(gate[i]))) * up[i];
        ASSERT_NEAR(y[i], expected, 7 * kU * std::abs(expected) + 1e-35) << gate[i];
      }
    }
  }
}

// The argument 2t of the sigmoid is off by 5 u |2t| (two constants, three roundings), the result by
// as much in relative terms, and by 7 u as in silu. The reference cancels for negative x: 1e-15
// |x|.
TEST_P(ElementwiseTest, GeluMatchesTanhInFp64) {
  FloatSource source(7);
  for (const std::int64_t n : kLengths) {
    for (const float scale : {0.1f, 3.0f, 10.0f}) {
      const Row gate = random_row(source, n, scale), up = random_row(source, n);
      Row y(n);
      table().gelu_mul(gate.data(), up.data(), n, y.data());
      for (std::int64_t i = 0; i < n; ++i) {
        const double x = gate[i];
        const double t = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
        const double expected = 0.5 * x * (1 + std::tanh(t)) * up[i];
        const double relative = (5 * std::abs(2 * t) + 7) * kU;
        ASSERT_NEAR(y[i], expected, relative * std::abs(expected) + 1e-15 * std::abs(x)) << x;
      }
    }
  }
}

TEST_P(ElementwiseTest, ProductsMayBeInPlace) {
  FloatSource source(8);
  const Row gate = random_row(source, 97, 4.0f), up = random_row(source, 97);
  for (const auto operation : {table().silu_mul, table().gelu_mul}) {
    Row expected(97), over_gate = copy_of(gate), over_up = copy_of(up);
    operation(gate.data(), up.data(), 97, expected.data());
    operation(over_gate.data(), up.data(), 97, over_gate.data());
    operation(gate.data(), over_up.data(), 97, over_up.data());
    EXPECT_TRUE(same_bytes<float>({over_gate.data(), 97}, {expected.data(), 97}));
    EXPECT_TRUE(same_bytes<float>({over_up.data(), 97}, {expected.data(), 97}));
  }
}

TEST_P(ElementwiseTest, AddIsExact) {
  FloatSource source(9);
  for (const std::int64_t n : kLengths) {
    const Row x = random_row(source, n), y = random_row(source, n);
    Row sum = copy_of(x);
    table().add(sum.data(), y.data(), n);
    for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(sum[i], x[i] + y[i]);
  }
}

// Memory before and after the output keeps its canaries, at every alignment.
TEST_P(ElementwiseTest, WritesNothingElse) {
  FloatSource source(10);
  constexpr float kCanary = -777.0f;
  for (const std::int64_t n : {0, 1, 15, 17, 33}) {
    for (std::int64_t shift = 1; shift < 4; ++shift) {
      const Row gate = random_row(source, n), up = random_row(source, n);
      std::vector<float> out(static_cast<std::size_t>(n) + 24, kCanary);
      float* y = out.data() + shift;
      table().silu_mul(gate.data(), up.data(), n, y);
      table().rms_norm(gate.data(), up.data(), 1e-5f, n, y);
      table().add(y, up.data(), n);
      table().softmax(y, n);
      std::fill(y, y + n, kCanary);
      for (const float v : out) ASSERT_EQ(v, kCanary) << "n " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, ElementwiseTest,
                         testing::ValuesIn(elementwise_kernels().begin(),
                                           elementwise_kernels().end()),
                         [](const testing::TestParamInfo<ElementwiseKernel>& tested) {
                           return std::string(tested.param.name);
                         });

}  // namespace
}  // namespace pincer::kernels
