// quantize_row of every table: its definition is in float operations that round, so the results are
// compared exactly.
#include <gtest/gtest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "pincer/kernels/cpu.h"
#include "pincer/kernels/elementwise.h"
#include "pincer/kernels/kernel_table.h"
#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/guarded_buffer.h"

namespace pincer::kernels {
namespace {

using test::FloatSource;
using test::GuardedBuffer;

struct Quantized {
  GuardedBuffer<std::int8_t> q;
  GuardedBuffer<float> scale;
  GuardedBuffer<std::int32_t> correction;
};

class QuantizeRowTest : public testing::TestWithParam<ElementwiseKernel> {
 protected:
  void SetUp() override {
    if (!cpu_supports(GetParam().isa)) {
      GTEST_SKIP() << GetParam().name << " needs " << isa_name(GetParam().isa)
                   << ", which this CPU lacks";
    }
  }
  Quantized quantize(const std::vector<float>& values, std::int64_t padded, std::int64_t group) {
    const auto x = test::guarded_copy(std::span<const float>(values));
    const auto k = static_cast<std::int64_t>(values.size());
    const std::int64_t groups = group == 0 ? 1 : (k + group - 1) / group;
    Quantized out{GuardedBuffer<std::int8_t>(padded), GuardedBuffer<float>(groups),
                  GuardedBuffer<std::int32_t>(groups)};
    std::fill(out.q.begin(), out.q.end(), std::int8_t{99});
    GetParam().fn->quantize_row(x.data(), k, padded, group, out.q.data(), out.scale.data(),
                                out.correction.data());
    return out;
  }
};

TEST_P(QuantizeRowTest, FollowsItsDefinition) {
  FloatSource source(1);
  ASSERT_EQ(std::fegetround(), FE_TONEAREST);  // nearbyint below rounds half to even
  for (const int k : {1, 15, 16, 31, 32, 33, 64, 97, 576, 1009}) {
    for (const int group : {0, 32, 64, 96, 1024}) {
      const std::vector<float> x = source.row(static_cast<std::size_t>(k), 5.0f);
      const int padded = (k + 63) / 64 * 64;
      const Quantized out = quantize(x, padded, group);
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
  const Quantized out = quantize({127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, -127.0f}, 32, 0);
  const int expected[] = {127, 0, 2, 2, 0, -2, -2, -127};
  for (int i = 0; i < 8; ++i) EXPECT_EQ(out.q[i], expected[i]) << i;
  EXPECT_EQ(out.scale[0], 1.0f);
  EXPECT_EQ(out.correction[0], 0);
}

TEST_P(QuantizeRowTest, ZerosGiveZeros) {
  for (const float tiny : {0.0f, std::numeric_limits<float>::denorm_min(), 1e-38f}) {
    const Quantized out = quantize(std::vector<float>(40, tiny), 64, 32);
    for (const std::int8_t q : out.q) EXPECT_EQ(q, 0);
    for (const std::int32_t c : out.correction) EXPECT_EQ(c, 0);
    EXPECT_EQ(out.scale[0], tiny / 127.0f);
  }
}

TEST_P(QuantizeRowTest, LargestMagnitudesFit) {
  const float largest = std::numeric_limits<float>::max();
  for (const float amax : {largest, 1e-30f, 3.0f, 0.1f, 1.0f / 3.0f}) {
    const Quantized out = quantize(std::vector<float>(32, -amax), 32, 32);
    for (const std::int8_t q : out.q) EXPECT_EQ(q, -127);
    EXPECT_EQ(out.correction[0], 128 * 127 * 32);
  }
}

// Any value may come out of a group with a NaN or an infinity; the others are as without.
TEST_P(QuantizeRowTest, BadInputsStayInTheirGroup) {
  FloatSource source(2);
  std::vector<float> x = source.row(160);
  const Quantized expected = quantize(x, 160, 32);
  x[40] = std::numeric_limits<float>::quiet_NaN();
  x[70] = std::numeric_limits<float>::infinity();
  x[100] = -std::numeric_limits<float>::infinity();
  const Quantized out = quantize(x, 160, 32);
  for (const int g : {0, 4}) {
    EXPECT_EQ(out.scale[g], expected.scale[g]);
    EXPECT_EQ(out.correction[g], expected.correction[g]);
    for (int i = 32 * g; i < 32 * g + 32; ++i) EXPECT_EQ(out.q[i], expected.q[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, QuantizeRowTest,
                         testing::ValuesIn(elementwise_kernels().begin(),
                                           elementwise_kernels().end()),
                         [](const testing::TestParamInfo<ElementwiseKernel>& tested) {
                           return std::string(tested.param.name);
                         });

}  // namespace
}  // namespace pincer::kernels
