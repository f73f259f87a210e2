// rope against complex numbers.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstdint>

#include "tests/kernels/support/elementwise.h"

namespace pincer::kernels {
namespace {

using namespace test;

class RopeTest : public ElementwiseTest {};
PINCER_FOR_ELEMENTWISE_KERNELS(RopeTest);

// A rotation by the angle of (c, s): the product of complex numbers. Each component has two
// products and a sum, 2 u of their magnitudes.
TEST_P(RopeTest, RopeIsAComplexProduct) {
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

}  // namespace
}  // namespace pincer::kernels
