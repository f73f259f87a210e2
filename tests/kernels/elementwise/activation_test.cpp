// Gated activations, alone and fused with what follows, against FP64 and the separate calls.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/kernels/support/elementwise.h"

namespace pincer::kernels {
namespace {

using namespace test;

class ActivationTest : public ElementwiseTest {};
PINCER_FOR_ELEMENTWISE_KERNELS(ActivationTest);

// Five roundings and exp within 1 ulp. Below -88 the result is flushed: at most 1e-35 is lost.
TEST_P(ActivationTest, SiluMatchesFp64) {
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
TEST_P(ActivationTest, GeluMatchesTanhInFp64) {
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

TEST_P(ActivationTest, ProductsMayBeInPlace) {
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

struct Fused {
  void (*activate)(const float*, const float*, std::int64_t, float*) noexcept;
  void (*fused)(const float*, const float*, std::int64_t, std::int64_t, float*,
                const RowQuants*) noexcept;
};

TEST_P(ActivationTest, FusedHasTheBitsOfSeparateCalls) {
  FloatSource source(9);
  struct Shape {
    std::int64_t n, block;
  };
  for (const Fused f : {Fused{table().silu_mul, table().silu_rotate_quantize},
                        Fused{table().gelu_mul, table().gelu_rotate_quantize}}) {
    for (const Shape s : {Shape{0, 1},
                          {1, 1},
                          {97, 1},
                          {36, 4},
                          {64, 64},
                          {576, 64},
                          {1536, 512},
                          {1536, 1},
                          {2048, 2048},
                          {4096, 1024}}) {
      Row gate = random_row(source, s.n, 4.0f), up = random_row(source, s.n, 4.0f);
      Row expected(gate.size()), found(gate.size());
      f.activate(gate.data(), up.data(), s.n, expected.data());
      table().hadamard(expected.data(), s.n, s.block);
      for (const std::int64_t group : {0, 32}) {
        Quants quants(s.n, (s.n + 31) / 32 * 32, group);
        const RowQuants to = quants.to();
        f.fused(gate.data(), up.data(), s.n, s.block, found.data(), &to);
        ASSERT_TRUE(same_floats(found, expected)) << s.n << " " << s.block;
        if (s.n > 0) {
          ASSERT_TRUE(quants == quantized(table(), expected, group)) << s.n;
        }
      }
      Row over_gate = copy_of(gate), over_up = copy_of(up);
      f.fused(over_gate.data(), up.data(), s.n, s.block, over_gate.data(), nullptr);
      f.fused(gate.data(), over_up.data(), s.n, s.block, over_up.data(), nullptr);
      EXPECT_TRUE(same_floats(over_gate, expected));
      EXPECT_TRUE(same_floats(over_up, expected));
    }
  }
}

}  // namespace
}  // namespace pincer::kernels
