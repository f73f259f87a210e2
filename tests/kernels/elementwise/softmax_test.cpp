// softmax against FP64.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/kernels/support/elementwise.h"

namespace pincer::kernels {
namespace {

using namespace test;

class SoftmaxTest : public ElementwiseTest {};
PINCER_FOR_ELEMENTWISE_KERNELS(SoftmaxTest);

// p_j is off by (range + 2) u (the subtraction, and exp within 1 ulp), the sum by as much and (n /
// 16 + 4) u, the quotient by u.
TEST_P(SoftmaxTest, SoftmaxMatchesFp64AndSumsToOne) {
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

TEST_P(SoftmaxTest, SoftmaxIsInvariantUnderShifts) {
  FloatSource source(4);
  Row x(251);
  for (float& v : x) v = static_cast<float>(source.below(64));  // sums with the shift are exact
  Row shifted = copy_of(x);
  for (float& v : shifted) v += 1000.0f;
  table().softmax(x.data(), 251);
  table().softmax(shifted.data(), 251);
  EXPECT_TRUE(same_bytes<float>({x.data(), 251}, {shifted.data(), 251}));
}

TEST_P(SoftmaxTest, SoftmaxMasksMinusInfinityAndPassesNanOn) {
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

}  // namespace
}  // namespace pincer::kernels
