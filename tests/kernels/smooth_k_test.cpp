#include "pincer/kernels/smooth_k.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/support/exact_attention.h"
#include "tests/kernels/support/float_rows.h"

namespace pincer::kernels {
namespace {

using test::exact_attention;
using test::FloatSource;
using test::relative_error;

constexpr int kHeadDim = 16, kTokens = 40;

struct SmoothK : testing::Test {
  FloatSource source{3};
  std::vector<float> q = row(kHeadDim), k = row(kTokens * kHeadDim), v = row(kTokens * kHeadDim);

  // Multiples of 1/256, so that differences are exact.
  std::vector<float> row(std::size_t n) {
    std::vector<float> values = source.row(n, 2.0f);
    for (float& x : values) x = std::nearbyint(x * 256) / 256;
    return values;
  }

  std::vector<float> centred(const std::vector<float>& centre) const {
    std::vector<float> out(k.size());
    for (int t = 0; t < kTokens; ++t) {
      centre_key(k.data() + t * kHeadDim, centre.data(), kHeadDim, out.data() + t * kHeadDim);
    }
    return out;
  }
  // How far attention moves when `centre` is subtracted from the keys.
  double moved(const std::vector<float>& centre, double soft_cap) const {
    const test::KeyRange all{0, kTokens};
    return relative_error(exact_attention(q, centred(centre), v, all, 0.25, soft_cap),
                          exact_attention(q, k, v, all, 0.25, soft_cap));
  }
};

TEST_F(SmoothK, MeanIsThatOfEachChannel) {
  std::vector<float> mean(3);
  const float keys[] = {1, 2, -3, 99, 2, 2, 3, 99, 6, 2, -6, 99};  // three apart by four
  mean_key(keys, 4, 3, 3, mean.data());
  EXPECT_EQ(mean, (std::vector<float>{3, 2, -2}));
  mean_key(keys, 4, 1, 3, mean.data());
  EXPECT_EQ(mean, (std::vector<float>{1, 2, -3}));
}

TEST_F(SmoothK, CentresInPlace) {
  std::vector<float> expected = centred(q);
  centre_key(k.data(), q.data(), kHeadDim, k.data());
  for (int d = 0; d < kHeadDim; ++d) EXPECT_EQ(k[d], expected[static_cast<std::size_t>(d)]);
}

// What is left is FP64's rounding of scores below 2 * 4 * 16 / 4.
TEST_F(SmoothK, AnyCentreLeavesSoftmaxAsItIs) { EXPECT_LT(moved(row(kHeadDim), 0), 1e-12); }

TEST_F(SmoothK, SoftCapsNotice) { EXPECT_GT(moved(row(kHeadDim), 2), 0.01); }

}  // namespace
}  // namespace pincer::kernels
