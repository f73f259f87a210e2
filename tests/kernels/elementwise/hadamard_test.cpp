// The block Hadamard transform against its definition, and its properties.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/kernels/support/elementwise.h"

namespace pincer::kernels {
namespace {

using namespace test;

class HadamardTest : public ElementwiseTest {};
PINCER_FOR_ELEMENTWISE_KERNELS(HadamardTest);

constexpr std::int64_t kBlocks[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};

// The scaled inputs are off by 2 u (the factor and the product). A level rounds each sum once and
// passes errors on: after L levels a sum of `block` terms is off by at most (L + 2) u (1 + O(u)) of
// the sum of the terms' magnitudes.
TEST_P(HadamardTest, FollowsItsDefinition) {
  FloatSource source(1);
  for (const std::int64_t block : kBlocks) {
    for (const std::int64_t blocks : {0, 1, 2, 3}) {
      if (block * blocks > 4096) continue;
      const Row x = random_row(source, block * blocks, 3.0f);
      Row y = copy_of(x);
      table().hadamard(y.data(), block * blocks, block);
      const double factor = 1 / std::sqrt(static_cast<double>(block));
      for (std::int64_t i = 0; i < block * blocks; ++i) {
        const std::int64_t first = i / block * block;
        double sum = 0, size = 0;
        for (std::int64_t j = 0; j < block; ++j) {
          const bool minus = std::popcount(static_cast<std::uint64_t>((i - first) & j)) % 2 != 0;
          sum += minus ? -x[first + j] : x[first + j];
          size += std::abs(x[first + j]);
        }
        const double levels = std::bit_width(static_cast<std::uint64_t>(block)) - 1;
        const double tolerance = block == 1 ? 0 : (levels + 3) * kU * size * factor;
        ASSERT_NEAR(y[i], sum * factor, tolerance) << block << " x " << blocks << " at " << i;
      }
    }
  }
}

// Small integers and an exact factor: no level rounds, so the order of all of them shows nothing
// but the transform, and twice the transform is the identity.
TEST_P(HadamardTest, IsItsOwnInverse) {
  FloatSource source(2);
  for (const std::int64_t block : {4, 16, 64, 256, 1024}) {
    Row x(2 * static_cast<std::size_t>(block));
    for (float& v : x) v = static_cast<float>(source.below(256) - 128);
    Row y = copy_of(x);
    table().hadamard(y.data(), 2 * block, block);
    EXPECT_FALSE(same_floats(x, y));
    table().hadamard(y.data(), 2 * block, block);
    EXPECT_TRUE(same_floats(x, y)) << block;
  }
}

// The order of arithmetic that the contract states, as a plain loop.
TEST_P(HadamardTest, RoundsInTheStatedOrder) {
  FloatSource source(3);
  for (const std::int64_t block : kBlocks) {
    const Row x = random_row(source, block);
    Row found = copy_of(x), expected = copy_of(x);
    const auto factor = static_cast<float>(1 / std::sqrt(static_cast<double>(block)));
    for (float& v : expected) v *= factor;
    for (std::int64_t h = 1; h < block; h *= 2) {
      for (std::int64_t i = 0; i < block; ++i) {
        if ((i & h) != 0) continue;
        const float low = expected[i], high = expected[i + h];
        expected[i] = low + high;
        expected[i + h] = low - high;
      }
    }
    table().hadamard(found.data(), block, block);
    EXPECT_TRUE(same_floats(found, expected)) << block;
  }
}

TEST_P(HadamardTest, BadValuesStayInTheirBlock) {
  FloatSource source(4);
  const Row x = random_row(source, 192);
  Row expected = copy_of(x), found = copy_of(x);
  found[70] = std::numeric_limits<float>::quiet_NaN();
  table().hadamard(expected.data(), 192, 64);
  table().hadamard(found.data(), 192, 64);
  for (std::size_t i = 0; i < 192; ++i) {
    if (i / 64 == 1) {
      EXPECT_TRUE(std::isnan(found[i])) << i;
    } else {
      EXPECT_EQ(found[i], expected[i]) << i;
    }
  }
}

}  // namespace
}  // namespace pincer::kernels
