#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pincer/engine/sampler.h"

namespace pincer {
namespace {

// Sums of floats: a few units in the last place of numbers around 10.
constexpr float kTolerance = 1e-5f;

TEST(Logprobs, AreTheLogOfTheSoftmax) {
  // exp: 1, 2, 5; their sum is 8.
  const std::vector<float> logits = {0, std::log(2.0f), std::log(5.0f)};
  const Logprobs result = logprobs(logits, 1, 2);
  EXPECT_NEAR(result.chosen, std::log(0.25f), kTolerance);
  ASSERT_EQ(result.top.size(), 2u);
  EXPECT_EQ(result.top[0].token, 2);
  EXPECT_NEAR(result.top[0].logprob, std::log(0.625f), kTolerance);
  EXPECT_EQ(result.top[1].token, 1);
  EXPECT_EQ(result.top[1].logprob, result.chosen);
}

TEST(Logprobs, OfTheWholeVocabularySumToOne) {
  std::vector<float> logits;
  for (int i = 0; i < 1000; ++i) logits.push_back(static_cast<float>(i * 37 % 101) / 10);
  const Logprobs result = logprobs(logits, 0, 5000);
  ASSERT_EQ(result.top.size(), logits.size());
  double sum = 0;
  for (std::size_t i = 0; i < result.top.size(); ++i) {
    sum += std::exp(static_cast<double>(result.top[i].logprob));
    if (i > 0) {
      EXPECT_GE(result.top[i - 1].logprob, result.top[i].logprob);
    }
  }
  EXPECT_NEAR(sum, 1, 1e-4);
}

TEST(Logprobs, ListOnlyWhatWasAskedAndTheLowestIdsFirst) {
  const std::vector<float> flat(10, 3.0f);
  EXPECT_TRUE(logprobs(flat, 0, 0).top.empty());
  const Logprobs result = logprobs(flat, 9, 3);
  EXPECT_NEAR(result.chosen, std::log(0.1f), kTolerance);
  ASSERT_EQ(result.top.size(), 3u);
  EXPECT_EQ(result.top[0].token, 0);
  EXPECT_EQ(result.top[2].token, 2);
}

TEST(Logprobs, StayFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const std::vector<float>& logits : {std::vector<float>{1e38f, -1e38f},
                                           {kInfinity, 0},
                                           {-kInfinity, 0},
                                           {kNan, 0},
                                           {kNan, kNan},
                                           {-kInfinity, -kInfinity},
                                           {-3e38f, 3e38f}}) {
    const Logprobs result = logprobs(logits, 0, 2);
    EXPECT_TRUE(std::isfinite(result.chosen)) << logits[0];
    EXPECT_LE(result.chosen, 0);
    for (const TokenLogprob& entry : result.top) EXPECT_TRUE(std::isfinite(entry.logprob));
  }
  EXPECT_EQ(logprobs(std::vector<float>{kNan, 0}, 1, 0).chosen, 0);
}

}  // namespace
}  // namespace pincer
