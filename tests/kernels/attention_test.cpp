// Every attention kernel of this build against FP64, against the scalar kernel bit for bit, and by
// its properties.
#include "pincer/kernels/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "pincer/kernels/cpu.h"
#include "pincer/kernels/kernel_table.h"
#include "tests/kernels/support/attention_case.h"
#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/fuzz.h"

namespace pincer::kernels {
namespace {

using test::AttentionCase;
using test::AttentionShape;
using test::BitHash;
using test::FloatSource;
using test::same_bytes;

constexpr int kLengths[] = {1, 31, 32, 33, 64, 97, 1000};
constexpr int kHeadDims[] = {16, 64, 80, 128};

// `rows` rows of a causal chunk that ends at `kv` keys, `heads` query heads per token.
AttentionShape causal(int rows, int kv, int head_dim, int heads = 1) {
  AttentionShape shape;
  for (int r = 0; r < rows; ++r) {
    shape.kv_len.push_back(std::max(1, kv - (rows - 1 - r) / heads));
  }
  shape.head_dim = head_dim;
  shape.scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
  return shape;
}

struct Reference {
  std::vector<double> value, tolerance;  // [rows][head_dim]
};

// The definition in FP64, and how far FP32 may be off. With u = 2^-24, D = head_dim, n = kv_len,
// range = max |s_j - max s|:
//   |ds_j| <= (D + 1) u scale sum_d |q_d k_jd|               D roundings of the fma chain, one of
//   the scale p_j is off by the factor e^e, |e| <= |ds_j| + |ds_max| + (range + 2) u     the
//   subtraction, exp within 1 ulp <= 2 u sum, accumulation, 1 / sum and the last product: (n / 16 +
//   4) u + n u + 2 u
// so |d out| <= sum_j w_j |v_j| (2 e + (n + n / 16 + 6) u). Second-order terms are covered by a
// factor of 1.1.
Reference reference(AttentionCase& data) {
  const AttentionShape& shape = data.shape();
  const double u = 0x1p-24;
  Reference result;
  for (std::size_t r = 0; r < data.rows(); ++r) {
    const int n = shape.kv_len[r], begin = shape.kv_begin.empty() ? 0 : shape.kv_begin[r];
    std::vector<double> score(n, -INFINITY);
    double largest = -INFINITY, smallest = INFINITY, magnitude = 0;
    for (int j = begin; j < n; ++j) {
      double dot = 0, sum = 0;
      for (int d = 0; d < shape.head_dim; ++d) {
        const double product = static_cast<double>(data.q(r, d)) * data.k(j, d);
        dot += product;
        sum += std::abs(product);
      }
      score[j] = shape.scale * dot;
      largest = std::max(largest, score[j]);
      smallest = std::min(smallest, score[j]);
      magnitude = std::max(magnitude, shape.scale * sum);
    }
    double total = 0;
    for (double& s : score) total += s = std::exp(s - largest);
    const double score_error = (shape.head_dim + 1) * u * magnitude;
    const double factor_error = 2 * score_error + (largest - smallest + 2) * u;
    for (int d = 0; d < shape.head_dim; ++d) {
      double value = 0, weight = 0;
      for (int j = 0; j < n; ++j) {
        value += score[j] / total * data.v(j, d);
        weight += score[j] / total * std::abs(data.v(j, d));
      }
      result.value.push_back(value);
      result.tolerance.push_back(1.1 * weight * (2 * factor_error + (n + n / 16.0 + 6) * u));
    }
  }
  return result;
}

class AttentionTest : public testing::TestWithParam<AttentionKernel> {
 protected:
  void SetUp() override {
    if (!cpu_supports(GetParam().isa)) {
      GTEST_SKIP() << GetParam().name << " needs " << isa_name(GetParam().isa)
                   << ", which this CPU lacks";
    }
  }
  AttentionFn attention() const { return GetParam().fn; }
  static AttentionFn scalar() { return attention_kernels().back().fn; }
};

TEST_P(AttentionTest, MatchesFp64) {
  for (const int head_dim : kHeadDims) {
    for (const int kv : kLengths) {
      AttentionCase data(causal(5, kv, head_dim), 1000u + static_cast<unsigned>(kv + head_dim));
      const std::vector<float> out = data.run(attention());
      const Reference expected = reference(data);
      for (std::size_t i = 0; i < out.size(); ++i) {
        ASSERT_NEAR(out[i], expected.value[i], expected.tolerance[i])
            << "head_dim " << head_dim << " kv " << kv << " row " << i / head_dim;
      }
    }
  }
}

TEST_P(AttentionTest, HasTheBitsOfScalar) {
  for (const int head_dim : kHeadDims) {
    for (const int kv : kLengths) {
      for (int rows = 1; rows <= 9; ++rows) {
        if (kv == 1000 && rows % 4 == 1) continue;  // enough of the slow ones
        AttentionCase data(causal(rows, kv, head_dim), 7u);
        ASSERT_TRUE(same_bytes<float>(data.run(attention()), data.run(scalar())))
            << "head_dim " << head_dim << " kv " << kv << " rows " << rows;
        ASSERT_TRUE(data.intact);
      }
    }
  }
}

TEST_P(AttentionTest, HasTheBitsOfScalarForUnrelatedLengths) {
  test::fuzz(30, [&](FloatSource& source) {
    AttentionShape shape = causal(1 + source.below(40), 1, 16 * (1 + source.below(6)));
    for (std::int32_t& n : shape.kv_len) n = 1 + source.below(200);
    AttentionCase data(shape, source.bits());
    ASSERT_TRUE(same_bytes<float>(data.run(attention()), data.run(scalar())));
    ASSERT_TRUE(data.intact);
  });
}

TEST_P(AttentionTest, RowsDoNotDependOnTheirBatch) {
  for (const int heads : {1, 3}) {
    AttentionCase data(causal(37, 70, 64, heads), 13);
    const std::vector<float> batch = data.run(attention());
    for (std::size_t r = 0; r < data.rows(); ++r) {
      const std::span<const float> row(batch.data() + r * 64, 64);
      ASSERT_TRUE(same_bytes<float>(data.run(attention(), r, 1), row)) << "row " << r;
      ASSERT_TRUE(data.intact);
    }
  }
}

TEST_P(AttentionTest, IgnoresWhatLiesBeyondTheLastKey) {
  for (const int kv : {1, 15, 16, 17, 31, 33, 63, 97}) {
    AttentionCase clean(causal(6, kv, 32), 17);
    const std::vector<float> expected = clean.run(attention());
    for (const float garbage : {std::numeric_limits<float>::quiet_NaN(),
                                std::numeric_limits<float>::infinity(), -3e38f, 1e-40f}) {
      AttentionCase dirty(causal(6, kv, 32), 17, garbage);
      ASSERT_TRUE(same_bytes<float>(dirty.run(attention()), expected))
          << "kv " << kv << " garbage " << garbage;
    }
  }
}

TEST_P(AttentionTest, ShortRowsIgnoreTheKeysOfLongRows) {
  AttentionCase data(causal(8, 40, 48), 19);
  const std::vector<float> expected = data.run(attention());
  for (int d = 0; d < 48; ++d) {
    data.k(39, d) = std::numeric_limits<float>::quiet_NaN();
    data.v(39, d) = std::numeric_limits<float>::quiet_NaN();
  }
  const std::vector<float> out = data.run(attention());
  const std::size_t others = 7 * 48;
  EXPECT_TRUE(same_bytes<float>({out.data(), others}, {expected.data(), others}));
  for (std::size_t i = others; i < out.size(); ++i) EXPECT_TRUE(std::isnan(out[i]));
}

// A causal chunk whose rows see the last `window` keys.
AttentionShape windowed(int rows, int kv, int window, int heads) {
  AttentionShape shape = causal(rows, kv, 48, heads);
  for (const int n : shape.kv_len) shape.kv_begin.push_back(std::max(0, n - window));
  return shape;
}

TEST_P(AttentionTest, SeesOnlyItsWindow) {
  for (const int window : {1, 16, 31, 32, 33, 70}) {
    for (const int kv : {1, 33, 64, 97, 200}) {
      AttentionCase data(windowed(21, kv, window, 2), 41u + static_cast<unsigned>(kv));
      const std::vector<float> out = data.run(attention());
      const Reference expected = reference(data);
      for (std::size_t i = 0; i < out.size(); ++i) {
        ASSERT_NEAR(out[i], expected.value[i], expected.tolerance[i])
            << "window " << window << " kv " << kv << " row " << i / 48;
      }
      ASSERT_TRUE(same_bytes<float>(out, data.run(scalar())));
      for (std::size_t r = 0; r < data.rows(); ++r) {
        const std::span<const float> row(out.data() + r * 48, 48);
        ASSERT_TRUE(same_bytes<float>(data.run(attention(), r, 1), row)) << "row " << r;
      }
    }
  }
}

// The weights of a row sum to 1: with all values the same, so is the output, within the roundings
// of the sums.
TEST_P(AttentionTest, WeightsSumToOne) {
  for (const int kv : kLengths) {
    AttentionCase data(causal(4, kv, 16), 23);
    for (int j = 0; j < kv; ++j) {
      for (int d = 0; d < 16; ++d) data.v(j, d) = 3.0f;
    }
    const double tolerance = 3.0 * (kv + kv / 16.0 + 6) * 0x1p-24;
    for (const float out : data.run(attention())) ASSERT_NEAR(out, 3.0, tolerance) << "kv " << kv;
  }
}

// A score that dwarfs the others by more than exp can express: the output is that key's value,
// exactly.
TEST_P(AttentionTest, OneKeyCanTakeAllTheWeight) {
  AttentionCase data({.kv_len = {50}, .head_dim = 16, .scale = 1000.0f}, 31);
  for (int d = 0; d < 16; ++d) {
    const float sign = data.q(0, d) < 0.0f ? -1.0f : 1.0f;
    for (int j = 0; j < 50; ++j) data.k(j, d) = j == 21 ? sign : -sign;
  }
  const std::vector<float> out = data.run(attention());
  for (int d = 0; d < 16; ++d) EXPECT_EQ(out[d], data.v(21, d));
}

// One hash for x86 and Arm, scalar and vector: taken from the scalar kernels of both architectures
// and from AVX2, AVX-512 and NEON, which agree.
TEST_P(AttentionTest, GivesTheSameAnswerEverywhere) {
  BitHash hash;
  for (const int kv : {1, 31, 33, 97, 200}) {
    AttentionCase data(causal(7, kv, 80, 2), 37);
    hash.add<float>(data.run(attention()));
  }
  EXPECT_EQ(hash.value(), 10800781509734562553u);
}

INSTANTIATE_TEST_SUITE_P(Kernels, AttentionTest,
                         testing::ValuesIn(attention_kernels().begin(), attention_kernels().end()),
                         [](const testing::TestParamInfo<AttentionKernel>& tested) {
                           return std::string(tested.param.name);
                         });

}  // namespace
}  // namespace pincer::kernels
