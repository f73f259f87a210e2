// Every INT8 attention kernel of this build: against the scalar one bit for bit, against FP64, and
// by its properties.
#include "pincer/kernels/attention_s8.h"

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "pincer/kernels/cpu.h"
#include "tests/kernels/support/attention_s8_case.h"
#include "tests/kernels/support/exact_attention.h"
#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/fuzz.h"

namespace pincer::kernels {
namespace {

using test::AttentionS8Case;
using test::AttentionS8Shape;
using test::BitHash;
using test::FloatSource;
using test::relative_error;
using test::S8Row;
using test::same_bytes;

constexpr int kLengths[] = {1, 31, 32, 33, 63, 64, 65, 97, 300};
constexpr int kHeadDims[] = {16, 64, 80, 128, 256};

// `rows` rows of a causal chunk that ends at `kv` keys, `heads` query heads per token; with a
// window, rows see the last `window` keys only.
AttentionS8Shape causal(int rows, int kv, int head_dim, int heads = 1, int window = 1 << 30) {
  AttentionS8Shape shape;
  for (int r = 0; r < rows; ++r) {
    const int end = std::max(1, kv - (rows - 1 - r) / heads);
    shape.rows.push_back({std::max(0, end - window), end});
  }
  shape.head_dim = head_dim;
  shape.scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
  return shape;
}

// The definition, from the floats before quantization.
std::vector<double> exact(const AttentionS8Case& data) {
  const AttentionS8Shape& shape = data.shape();
  const auto hd = static_cast<std::size_t>(shape.head_dim);
  std::vector<double> out;
  for (std::size_t r = 0; r < shape.rows.size(); ++r) {
    const std::vector<double> row =
        test::exact_attention(std::span(data.q).subspan(r * hd, hd), data.k, data.v, shape.rows[r],
                              shape.scale, shape.soft_cap);
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

class AttentionS8Test : public testing::TestWithParam<const AttentionS8Kernel*> {
 protected:
  void SetUp() override {
    if (!cpu_supports(kernel().isa)) {
      GTEST_SKIP() << kernel().name << " needs " << isa_name(kernel().isa)
                   << ", which this CPU lacks";
    }
  }
  const AttentionS8Kernel& kernel() const { return *GetParam(); }
  static const AttentionS8Kernel& scalar() { return attention_s8_kernels().back(); }
  std::string difference(AttentionS8Case& data) const {
    if (!same_bytes<float>(data.run(kernel()), data.run(scalar()))) return "other bits than scalar";
    return data.intact ? "" : "wrote beyond its rows";
  }
};

TEST_P(AttentionS8Test, HasTheBitsOfScalar) {
  for (const int head_dim : kHeadDims) {
    for (const int kv : kLengths) {
      for (const int rows : {1, 2, 3, 4, 5, 17}) {
        if (kv == 300 && rows == 17 && head_dim > 64) continue;  // enough of the slow ones
        AttentionS8Case data(causal(rows, kv, head_dim), 7u);
        ASSERT_EQ(difference(data), "") << head_dim << " " << kv << " " << rows;
      }
    }
  }
}

TEST_P(AttentionS8Test, HasTheBitsOfScalarForWindowsAndCaps) {
  test::fuzz(60, [&](FloatSource& source) {
    AttentionS8Shape shape = causal(1 + source.below(40), 1, 16 * (1 + source.below(6)));
    for (S8Row& row : shape.rows) {
      row.begin = source.below(200);
      row.end = row.begin + 1 + source.below(200);
    }
    if (source.below(3) == 0) shape.soft_cap = 1.0f + static_cast<float>(source.below(50));
    AttentionS8Case data(shape, source.bits());
    ASSERT_EQ(difference(data), "");
  });
}

// The bar is 1 % for Gaussian data; keys with a bias reach it when their mean is subtracted, which
// softmax does not notice.
TEST_P(AttentionS8Test, IsWithinOnePercentOfFp64) {
  for (const int head_dim : {64, 128}) {
    for (const int kv : {33, 97, 300, 2000}) {
      for (const float cap : {0.0f, 30.0f}) {
        AttentionS8Shape shape = causal(6, kv, head_dim, 3);
        shape.soft_cap = cap;
        AttentionS8Case data(shape, 5u);
        EXPECT_LT(relative_error(data.run(kernel()), exact(data)), 0.01)
            << head_dim << " " << kv << " cap " << cap;
      }
    }
  }
}

TEST_P(AttentionS8Test, SubtractingTheMeanOfBiasedKeysHelps) {
  AttentionS8Shape shape = causal(6, 300, 64, 3);
  shape.k_bias = 20.0f;
  AttentionS8Case biased(shape, 5u);
  shape.subtract_mean = true;
  AttentionS8Case smooth(shape, 5u);
  const std::vector<double> expected = exact(biased);
  EXPECT_GT(relative_error(biased.run(kernel()), expected), 0.02);
  EXPECT_LT(relative_error(smooth.run(kernel()), expected), 0.01);
}

TEST_P(AttentionS8Test, RowsDoNotDependOnTheirBatch) {
  for (const int window : {1 << 30, 40}) {
    AttentionS8Case data(causal(37, 150, 64, 3, window), 13);
    const std::vector<float> batch = data.run(kernel());
    for (std::size_t r = 0; r < data.shape().rows.size(); ++r) {
      const std::span<const float> row(batch.data() + r * 64, 64);
      ASSERT_TRUE(same_bytes<float>(data.run(kernel(), r, 1), row)) << "row " << r;
      ASSERT_TRUE(data.intact);
    }
  }
}

// 0xff bytes make NaN scales.
TEST_P(AttentionS8Test, IgnoresWhatLiesBeyondTheLastKey) {
  for (const int kv : {1, 15, 17, 31, 33, 63, 65, 97}) {
    AttentionS8Case clean(causal(6, kv, 32), 17);
    const std::vector<float> expected = clean.run(kernel());
    for (const int garbage : {0xff, 0x7f, 0x80, 0x01}) {
      AttentionS8Case dirty(causal(6, kv, 32), 17, static_cast<std::uint8_t>(garbage));
      ASSERT_TRUE(same_bytes<float>(dirty.run(kernel()), expected)) << kv << " " << garbage;
    }
  }
}

// Values that are all the same come out again: the weights sum to 1, within the rounding of each to
// one part in 65535 of the largest and 3e-6 of 2^x.
TEST_P(AttentionS8Test, WeightsSumToOne) {
  for (const int kv : kLengths) {
    AttentionS8Case data(causal(4, kv, 16), 23);
    std::fill(data.v.begin(), data.v.end(), 3.0f);
    for (const float out : data.run(kernel()))
      ASSERT_NEAR(out, 3.0, 3.0 * (0.5 * 64 / 65535.0 + 1e-5)) << "kv " << kv;
  }
}

TEST_P(AttentionS8Test, ZeroValuesGiveZero) {
  AttentionS8Case data(causal(3, 100, 32), 29);
  std::fill(data.v.begin(), data.v.end(), 0.0f);
  for (const float out : data.run(kernel())) ASSERT_EQ(out, 0.0f);
}

// One hash for x86 and Arm, scalar and vector.
TEST_P(AttentionS8Test, GivesTheSameAnswerEverywhere) {
  BitHash hash;
  for (const int kv : {1, 31, 33, 97, 200}) {
    AttentionS8Case data(causal(7, kv, 80, 2), 37);
    hash.add<float>(data.run(kernel()));
  }
  EXPECT_EQ(hash.value(), 14923441433308021341u);
}

std::vector<const AttentionS8Kernel*> all_kernels() {
  std::vector<const AttentionS8Kernel*> rows;
  for (const AttentionS8Kernel& row : attention_s8_kernels()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Kernels, AttentionS8Test, testing::ValuesIn(all_kernels()),
                         [](const auto& tested) { return std::string(tested.param->name); });

}  // namespace
}  // namespace pincer::kernels
