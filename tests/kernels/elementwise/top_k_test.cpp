// top_k against a full sort.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/kernels/support/elementwise.h"
#include "tests/kernels/support/fuzz.h"

namespace pincer::kernels {
namespace {

using namespace test;

class TopKTest : public ElementwiseTest {
 protected:
  void expect_sorted(const Row& x, std::int64_t k) const {
    const auto n = static_cast<std::int64_t>(x.size());
    GuardedBuffer<std::int32_t> indices(static_cast<std::size_t>(k));
    Row values(static_cast<std::size_t>(k));
    table().top_k(x.data(), n, k, indices.data(), values.data());
    const auto value = [&](std::int32_t i) { return std::isnan(x[i]) ? -INFINITY : x[i]; };
    std::vector<std::int32_t> all(x.size());
    std::iota(all.begin(), all.end(), 0);
    std::ranges::stable_sort(all, std::greater(), value);
    for (std::int64_t i = 0; i < k; ++i) {
      ASSERT_EQ(indices[i], all[i]) << "n " << n << " k " << k << " place " << i;
      const float expected = value(all[i]);
      ASSERT_TRUE(same_bytes<float>({&values[i], 1}, {&expected, 1})) << values[i];
    }
  }
};
PINCER_FOR_ELEMENTWISE_KERNELS(TopKTest);

// Lengths around the sixteen lanes, the four of them of a step, the buffer of 768 candidates and
// the 8192 floats that give the first bound.
TEST_P(TopKTest, EqualsAFullSort) {
  FloatSource source(1);
  for (const std::int64_t n :
       {0, 1, 2, 15, 16, 17, 63, 64, 65, 251, 767, 768, 769, 1024, 5003, 8191, 8192, 8193, 49152}) {
    const Row x = random_row(source, n);
    for (const std::int64_t k : {0, 1, 2, 7, 40, 64, 255, 256}) {
      if (k <= n) expect_sorted(x, k);
    }
  }
}

TEST_P(TopKTest, TakesTheLowestIndicesAmongEquals) {
  FloatSource source(2);
  for (const std::int64_t n : {40, 1000, 9000}) {
    for (const int kinds : {1, 2, 30}) {
      Row x(static_cast<std::size_t>(n));
      for (float& v : x) v = static_cast<float>(source.below(kinds));
      for (const std::int64_t k : {1, 33, 256}) {
        if (k <= n) expect_sorted(x, k);
      }
      for (float& v : x) v = v == 0 && source.below(2) == 0 ? -0.0f : v;  // equals 0
      expect_sorted(x, 33);
      for (float& v : x) v -= 1;
      expect_sorted(x, 33);
    }
  }
}

// The bound rises with nearly every element, or never after the first ones.
TEST_P(TopKTest, RisingAndFallingRows) {
  Row x(20000);
  std::iota(x.begin(), x.end(), -10000.0f);
  for (const std::int64_t k : {1, 40, 256}) expect_sorted(x, k);
  std::reverse(x.begin(), x.end());
  for (const std::int64_t k : {1, 40, 256}) expect_sorted(x, k);
}

TEST_P(TopKTest, NanIsMinusInfinity) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  FloatSource source(3);
  for (const std::int64_t n : {300, 2000, 9000}) {
    for (const int finite : {0, 5, 100, 1000}) {
      Row x(static_cast<std::size_t>(n));
      for (float& v : x) v = source.below(2) == 0 ? kNan : -kInfinity;
      for (int i = 0; i < finite; ++i) x[source.below(static_cast<int>(n))] = source.next(1e30f);
      for (const std::int64_t k : {1, 40, 256}) expect_sorted(x, k);
      x[n - 1] = kInfinity;
      x[n / 2] = std::numeric_limits<float>::max();
      x[n / 3] = std::numeric_limits<float>::lowest();
      x[n / 4] = std::numeric_limits<float>::denorm_min();
      for (const std::int64_t k : {1, 40, 256}) expect_sorted(x, k);
    }
  }
}

TEST_P(TopKTest, EqualsAFullSortForRandomRows) {
  fuzz(50, [&](FloatSource& source) {
    const std::int64_t n = 1 + source.below(20000), step = 1 + source.below(1000);
    Row x(static_cast<std::size_t>(n));
    for (float& v : x) v = std::round(source.next(1.0f) * static_cast<float>(step));
    expect_sorted(x, 1 + source.below(static_cast<int>(std::min<std::int64_t>(n, 256))));
  });
}

}  // namespace
}  // namespace pincer::kernels
