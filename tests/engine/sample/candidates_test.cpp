// The steps of the chain, on distributions whose results are worked out by hand or by full sorting.
#include "engine/sample/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <random>

namespace pincer {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Candidates with_probabilities(const std::vector<double>& probabilities) {
  Candidates out;
  for (const double p : probabilities) {
    out.push_back({static_cast<TokenId>(out.size()), static_cast<float>(std::log(p))});
  }
  return out;
}

std::vector<TokenId> tokens(const Candidates& candidates) {
  std::vector<TokenId> out;
  for (const TokenLogprob& candidate : candidates) out.push_back(candidate.token);
  return out;
}

std::vector<TokenId> sorted_tokens(const Candidates& candidates) {
  std::vector<TokenId> out = tokens(candidates);
  std::sort(out.begin(), out.end());
  return out;
}

using Ids = std::vector<TokenId>;

std::vector<float> random_logits(std::size_t count, bool with_ties) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::normal_distribution<float> normal(0, 4);
  std::vector<float> out(count);
  for (float& logit : out) logit = with_ties ? std::round(normal(random)) : normal(random);
  return out;
}

TEST(SamplerTopK, EqualsAFullSort) {
  for (const std::size_t count : {1u, 2u, 39u, 40u, 41u, 500u, 5000u}) {
    for (const int k : {1, 2, 40, 256, 257, 4999}) {
      for (const bool with_ties : {false, true}) {
        const std::vector<float> logits = random_logits(count, with_ties);
        Candidates expected;
        for (const float logit : logits) {
          expected.push_back({static_cast<TokenId>(expected.size()), logit});
        }
        std::sort(expected.begin(), expected.end(), better);
        expected.resize(std::min<std::size_t>(count, static_cast<std::size_t>(k)));
        Candidates found;
        select_top_k(logits, k, found);
        std::sort(found.begin(), found.end(), better);
        EXPECT_EQ(tokens(found), tokens(expected)) << count << " " << k << " " << with_ties;
      }
    }
  }
}

TEST(SamplerTopK, IsSortedWhenItCuts) {
  const std::vector<float> rising = {1, 2, 3, 4, 5, 6, 7, 8};
  Candidates found;
  select_top_k(rising, 3, found);
  EXPECT_EQ(tokens(found), (Ids{7, 6, 5}));
}

TEST(SamplerTopK, SeesBetterOnesThatComeLast) {
  std::vector<float> logits(2000, 1.0f);
  Ids expected;
  for (std::size_t i = logits.size() - 40; i < logits.size(); ++i) {
    logits[i] = std::nextafter(1.0f, 2.0f);
    expected.push_back(static_cast<TokenId>(i));
  }
  Candidates found;
  select_top_k(logits, 40, found);
  EXPECT_EQ(tokens(found), expected);
}

TEST(SamplerTopK, KeepsTheLowestIdsAmongEquals) {
  const std::vector<float> flat(1000, 0.5f);
  Candidates found;
  select_top_k(flat, 5, found);
  EXPECT_EQ(tokens(found), (Ids{0, 1, 2, 3, 4}));
}

TEST(SamplerTopK, LeavesOutWhatIsNotANumber) {
  Candidates found;
  select_top_k(std::vector<float>{kNan, 1, -kInfinity, kInfinity, kNan}, 3, found);
  EXPECT_EQ(tokens(found), (Ids{3, 1}));
  EXPECT_EQ(found[0].logprob, FLT_MAX);
  select_top_k(std::vector<float>{kNan, -kInfinity}, 0, found);
  EXPECT_EQ(tokens(found), (Ids{0}));
}

TEST(SamplerMostLikely, EqualsASequentialScan) {
  for (const std::size_t count : {1u, 15u, 16u, 17u, 33u, 1000u}) {
    const std::vector<float> logits = random_logits(count, true);
    const auto expected = std::max_element(logits.begin(), logits.end()) - logits.begin();
    EXPECT_EQ(most_likely(logits), expected) << count;
  }
}

TEST(SamplerMostLikely, FindsEveryPlaceAndIgnoresNaN) {
  for (std::size_t place = 0; place < 50; ++place) {
    std::vector<float> logits(50, kNan);
    logits[place] = -3;
    EXPECT_EQ(most_likely(logits), static_cast<TokenId>(place));
  }
  EXPECT_EQ(most_likely(std::vector<float>(20, kNan)), 0);
  EXPECT_EQ(most_likely(std::vector<float>(20, -kInfinity)), 0);
}

TEST(SamplerNucleus, KeepsTheFewestThatReachTheMass) {
  const auto kept = [](float top_p) {
    Candidates candidates = with_probabilities({0.1, 0.5, 0.15, 0.25});
    keep_nucleus(candidates, top_p, 0);
    return tokens(candidates);
  };
  EXPECT_EQ(kept(0), (Ids{1}));
  EXPECT_EQ(kept(0.49f), (Ids{1}));
  EXPECT_EQ(kept(0.51f), (Ids{1, 3}));
  EXPECT_EQ(kept(0.74f), (Ids{1, 3}));
  EXPECT_EQ(kept(0.76f), (Ids{1, 3, 2}));
  EXPECT_EQ(kept(0.91f), (Ids{1, 3, 2, 0}));
  EXPECT_EQ(kept(1), (Ids{0, 1, 2, 3})) << "off";
}

TEST(SamplerNucleus, MinPComparesWithTheBest) {
  const auto kept = [](float top_p, float min_p) {
    Candidates candidates = with_probabilities({0.1, 0.5, 0.15, 0.25});
    keep_nucleus(candidates, top_p, min_p);
    return sorted_tokens(candidates);
  };
  EXPECT_EQ(kept(1, 0.19f), (Ids{0, 1, 2, 3}));
  EXPECT_EQ(kept(1, 0.21f), (Ids{1, 2, 3}));
  EXPECT_EQ(kept(1, 0.31f), (Ids{1, 3}));
  EXPECT_EQ(kept(1, 0.51f), (Ids{1}));
  EXPECT_EQ(kept(1, 1), (Ids{1}));
  EXPECT_EQ(kept(0.99f, 0.21f), (Ids{1, 2, 3}));
  // The mass is that of all tokens: cutting by min-p first would leave token 1 with 0.67 of it.
  EXPECT_EQ(kept(0.6f, 0.4f), (Ids{1, 3}));
}

TEST(SamplerNucleus, EqualsAFullSortOnALargeVocabulary) {
  const std::vector<float> logits = random_logits(20000, false);
  Candidates all;
  select_top_k(logits, 0, all);
  Candidates sorted = all;
  std::sort(sorted.begin(), sorted.end(), better);
  double total = 0;
  for (const TokenLogprob& candidate : sorted) {
    total += std::exp(static_cast<double>(candidate.logprob));
  }
  double mass = 0;
  std::size_t expected = 0;
  while (mass < 0.99f * total) mass += std::exp(static_cast<double>(sorted[expected++].logprob));
  sorted.resize(expected);
  keep_nucleus(all, 0.99f, 0);
  ASSERT_GT(expected, 300u) << "more than one stretch is sorted";
  EXPECT_EQ(tokens(all), tokens(sorted));
}

TEST(SamplerTypical, PrefersTheSurpriseNearestToTheEntropy) {
  // Entropy 1.280 nats; surprises 0.916, 1.204, 1.609, 2.303: the order is 1, 2, 0, 3.
  const auto kept = [](float p) {
    Candidates candidates = with_probabilities({0.4, 0.3, 0.2, 0.1});
    keep_typical(candidates, p);
    return tokens(candidates);
  };
  EXPECT_EQ(kept(0), (Ids{1}));
  EXPECT_EQ(kept(0.29f), (Ids{1}));
  EXPECT_EQ(kept(0.49f), (Ids{1, 2}));
  EXPECT_EQ(kept(0.51f), (Ids{1, 2, 0}));
  EXPECT_EQ(kept(0.91f), (Ids{1, 2, 0, 3}));
}

TEST(SamplerDraw, FollowsTheCumulativeDistribution) {
  const auto drawn = [](double uniform, float temperature) {
    Candidates candidates = with_probabilities({0.25, 0.5, 0.25});
    return draw(candidates, temperature, uniform);
  };
  EXPECT_EQ(drawn(0, 1), 0);
  EXPECT_EQ(drawn(0.24, 1), 0);
  EXPECT_EQ(drawn(0.26, 1), 1);
  EXPECT_EQ(drawn(0.74, 1), 1);
  EXPECT_EQ(drawn(0.76, 1), 2);
  EXPECT_EQ(drawn(1 - 0x1p-53, 1), 2);
  // Temperature 0.5 squares the probabilities: 1/6, 4/6, 1/6.
  EXPECT_EQ(drawn(0.16, 0.5f), 0);
  EXPECT_EQ(drawn(0.17, 0.5f), 1);
  EXPECT_EQ(drawn(0.84, 0.5f), 2);
  // Nearly 0 leaves the best one only.
  EXPECT_EQ(drawn(0, FLT_MIN), 1);
  EXPECT_EQ(drawn(0.999999, FLT_MIN), 1);
}

TEST(SamplerDraw, NeverPicksWhatHasNoProbability) {
  // 1 stands for what rounding may leave at the end of the walk.
  for (const double uniform : {0.0, 0.5, 1 - 0x1p-53, 1.0}) {
    Candidates candidates = {{0, -FLT_MAX}, {1, FLT_MAX}, {2, -FLT_MAX}};
    EXPECT_EQ(draw(candidates, 1, uniform), 1);
  }
}

}  // namespace
}  // namespace pincer
