// quantize_row of every table: its definition is in float operations that round, so the results are
// compared exactly.
#include <gtest/gtest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tests/kernels/support/elementwise.h"

namespace pincer::kernels {
namespace {

using namespace test;

class QuantizeRowTest : public ElementwiseTest {
 protected:
  Quants quantize(const std::vector<float>& values, std::int64_t padded, std::int64_t group) {
    const auto x = guarded_copy(std::span<const float>(values));
    const auto k = static_cast<std::int64_t>(values.size());
    Quants out(k, padded, group);
    table().quantize_row(x.data(), k, padded, group, out.q.data(), out.scale.data(),
                         out.correction.data());
    return out;
  }
};
PINCER_FOR_ELEMENTWISE_KERNELS(QuantizeRowTest);

TEST_P(QuantizeRowTest, FollowsItsDefinition) {
  FloatSource source(1);
  ASSERT_EQ(std::fegetround(), FE_TONEAREST);  // nearbyint below rounds half to even
  // 512 are sixteen groups of 32, which are done together.
  for (const int k : {1, 15, 16, 31, 32, 33, 64, 97, 511, 512, 513, 576, 1009, 1536}) {
    for (const int group : {0, 32, 64, 96, 1024}) {
      const std::vector<float> x = source.row(static_cast<std::size_t>(k), 5.0f);
      const int padded = (k + 63) / 64 * 64;
      const Quants out = quantize(x, padded, group);
      const int size = group == 0 ? k : group;
      for (int first = 0, g = 0; first < k; first += size, ++g) {
        const int end = std::min(k, first + size);
        float amax = 0;
        for (int i = first; i < end; ++i) amax = std::max(amax, std::abs(x[i]));
        int sum = 0;
        for (int i = first; i < end; ++i) {
          ASSERT_EQ(out.q[i], std::nearbyint(x[i] * (127.0f / amax))) << k << " " << group;
          sum += out.q[i];
        }
        ASSERT_EQ(out.scale[g], amax / 127.0f);
        ASSERT_EQ(out.correction[g], -128 * sum);
      }
      for (int i = k; i < padded; ++i) ASSERT_EQ(out.q[i], 0);
    }
  }
}

TEST_P(QuantizeRowTest, RoundsHalfToEven) {
  const Quants out = quantize({127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, -127.0f}, 32, 0);
  const int expected[] = {127, 0, 2, 2, 0, -2, -2, -127};
  for (int i = 0; i < 8; ++i) EXPECT_EQ(out.q[i], expected[i]) << i;
  EXPECT_EQ(out.scale[0], 1.0f);
  EXPECT_EQ(out.correction[0], 0);
}

TEST_P(QuantizeRowTest, ZerosGiveZeros) {
  for (const float tiny : {0.0f, std::numeric_limits<float>::denorm_min(), 1e-38f}) {
    const Quants out = quantize(std::vector<float>(40, tiny), 64, 32);
    for (const std::int8_t q : out.q) EXPECT_EQ(q, 0);
    for (const std::int32_t c : out.correction) EXPECT_EQ(c, 0);
    EXPECT_EQ(out.scale[0], tiny / 127.0f);
  }
}

TEST_P(QuantizeRowTest, LargestMagnitudesFit) {
  const float largest = std::numeric_limits<float>::max();
  for (const float amax : {largest, 1e-30f, 3.0f, 0.1f, 1.0f / 3.0f}) {
    const Quants out = quantize(std::vector<float>(32, -amax), 32, 32);
    for (const std::int8_t q : out.q) EXPECT_EQ(q, -127);
    EXPECT_EQ(out.correction[0], 128 * 127 * 32);
  }
}

// Any value may come out of a group with a NaN or an infinity; the others are as without.
TEST_P(QuantizeRowTest, BadInputsStayInTheirGroup) {
  FloatSource source(2);
  std::vector<float> x = source.row(160);
  const Quants expected = quantize(x, 160, 32);
  x[40] = std::numeric_limits<float>::quiet_NaN();
  x[70] = std::numeric_limits<float>::infinity();
  x[100] = -std::numeric_limits<float>::infinity();
  const Quants out = quantize(x, 160, 32);
  for (const int g : {0, 4}) {
    EXPECT_EQ(out.scale[g], expected.scale[g]);
    EXPECT_EQ(out.correction[g], expected.correction[g]);
    for (int i = 32 * g; i < 32 * g + 32; ++i) EXPECT_EQ(out.q[i], expected.q[i]);
  }
}

}  // namespace
}  // namespace pincer::kernels
