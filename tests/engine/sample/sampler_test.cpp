#include "pincer/engine/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace pincer {
namespace {

using Floats = std::vector<float>;
using Ids = std::vector<TokenId>;

// Nothing but temperature and draw.
SamplingParams plain(float temperature = 1, std::uint64_t seed = 1) {
  SamplingParams params;
  params.temperature = temperature;
  params.top_k = 0;
  params.top_p = 1;
  params.min_p = 0;
  params.seed = seed;
  return params;
}

SamplingParams greedy() { return plain(0); }

Floats logits_of(const std::vector<double>& probabilities) {
  Floats out;
  for (const double p : probabilities) out.push_back(static_cast<float>(std::log(p)));
  return out;
}

// The logits after one greedy step: bias and penalties change them in place.
Floats changed(SamplingParams params, Floats logits, const Ids& history) {
  params.temperature = 0;
  Sampler(params).sample(logits, history);
  return logits;
}

Ids sample_many(const SamplingParams& params, const Floats& logits, int count) {
  Sampler sampler(params);
  Ids out;
  for (int i = 0; i < count; ++i) {
    Floats copy = logits;
    out.push_back(sampler.sample(copy, {}));
  }
  return out;
}

// Pearson's statistic of the tokens drawn against the expected probabilities; infinite when an
// impossible token was drawn.
double chi_square(const Ids& drawn, const std::vector<double>& expected) {
  std::vector<double> counts(expected.size());
  for (const TokenId token : drawn) ++counts[static_cast<std::size_t>(token)];
  double sum = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double wanted = expected[i] * static_cast<double>(drawn.size());
    if (wanted == 0) {
      if (counts[i] > 0) return std::numeric_limits<double>::infinity();
      continue;
    }
    sum += (counts[i] - wanted) * (counts[i] - wanted) / wanted;
  }
  return sum;
}

constexpr int kDraws = 20000;
// The 99.99 % points of chi-square for 1, 2 and 3 degrees of freedom. The seeds are fixed: this
// does not flicker.
constexpr double kLimit1 = 15.14;
constexpr double kLimit2 = 18.42;
constexpr double kLimit3 = 21.11;

TEST(Sampler, GreedyTakesTheBestAndTheLowestIdAmongEquals) {
  Floats logits = {1, 5, 3, 5};
  EXPECT_EQ(Sampler(greedy()).sample(logits, {}), 1);
}

TEST(Sampler, DrawsFollowTheSoftmax) {
  const std::vector<double> p = {0.4, 0.3, 0.2, 0.1};
  EXPECT_LT(chi_square(sample_many(plain(), logits_of(p), kDraws), p), kLimit3);
}

TEST(Sampler, TemperatureSharpensAndFlattens) {
  const std::vector<double> p = {0.64, 0.16, 0.16, 0.04};
  // Squares 0.4096, 0.0256, 0.0256, 0.0016 and square roots 0.8, 0.4, 0.4, 0.2, each over their
  // sum.
  const std::vector<double> cold = {0.4096 / 0.4624, 0.0256 / 0.4624, 0.0256 / 0.4624,
                                    0.0016 / 0.4624};
  const std::vector<double> hot = {0.8 / 1.8, 0.4 / 1.8, 0.4 / 1.8, 0.2 / 1.8};
  EXPECT_LT(chi_square(sample_many(plain(0.5f), logits_of(p), kDraws), cold), kLimit3);
  EXPECT_LT(chi_square(sample_many(plain(2), logits_of(p), kDraws), hot), kLimit3);
}

TEST(Sampler, FiltersRenormalise) {
  const Floats logits = logits_of({0.1, 0.4, 0.2, 0.3});
  SamplingParams params = plain();
  params.top_k = 2;
  EXPECT_LT(chi_square(sample_many(params, logits, kDraws), {0, 4 / 7.0, 0, 3 / 7.0}), kLimit1);
  params = plain();
  params.top_p = 0.75f;
  EXPECT_LT(chi_square(sample_many(params, logits, kDraws), {0, 4 / 9.0, 2 / 9.0, 3 / 9.0}),
            kLimit2);
  params = plain();
  params.min_p = 0.6f;
  EXPECT_LT(chi_square(sample_many(params, logits, kDraws), {0, 4 / 7.0, 0, 3 / 7.0}), kLimit1);
  params = plain();
  params.typical_p = 0.45f;  // nearest to the entropy of 1.28: 0.3 and 0.2
  EXPECT_LT(chi_square(sample_many(params, logits, kDraws), {0, 0, 2 / 5.0, 3 / 5.0}), kLimit1);
}

TEST(Sampler, TopKComesBeforeTopP) {
  // Of the best two, 4/7 and 3/7, top-p 0.55 takes one; of all four it would take two.
  SamplingParams params = plain();
  params.top_k = 2;
  params.top_p = 0.55f;
  const Floats logits = logits_of({0.1, 0.4, 0.2, 0.3});
  EXPECT_EQ(sample_many(params, logits, 200), Ids(200, 1));
}

TEST(Sampler, FiltersLookAtTheDistributionBeforeTemperature) {
  // At temperature 100 all are nearly equal and top-p 0.35 would take two.
  SamplingParams params = plain(100);
  params.top_p = 0.35f;
  EXPECT_EQ(sample_many(params, logits_of({0.1, 0.4, 0.2, 0.3}), 200), Ids(200, 1));
}

TEST(Sampler, TopKOfOneIsGreedy) {
  SamplingParams params = plain(1.5f);
  params.top_k = 1;
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (int round = 0; round < 100; ++round) {
    Floats logits(300);
    for (float& logit : logits) logit = std::round(4 * normal(random));  // with ties
    Floats copy = logits;
    EXPECT_EQ(Sampler(params).sample(logits, {}), Sampler(greedy()).sample(copy, {}));
  }
}

TEST(Sampler, SeedsReproduceAndDiffer) {
  const Floats flat(1000, 0.0f);
  EXPECT_EQ(sample_many(plain(1, 5), flat, 50), sample_many(plain(1, 5), flat, 50));
  EXPECT_NE(sample_many(plain(1, 5), flat, 50), sample_many(plain(1, 6), flat, 50));
}

TEST(Sampler, EveryDrawTakesOneRandomNumber) {
  const Floats flat(1000, 0.0f);
  Floats certain = {100, 0};
  Sampler a(plain());
  Sampler b(plain());
  Floats copy = flat;
  a.sample(copy, {});
  b.sample(certain, {});
  Floats first = flat;
  Floats second = flat;
  EXPECT_EQ(a.sample(first, {}), b.sample(second, {}));
}

TEST(Sampler, PermutedLogitsGivePermutedTokens) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal;
  Floats logits(500);
  for (float& logit : logits) logit = normal(random);
  Ids order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  Floats permuted(logits.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    permuted[static_cast<std::size_t>(order[i])] = logits[i];
  }
  SamplingParams params;  // the defaults: top-k, top-p and min-p
  const Ids plain_ids = sample_many(params, logits, 100);
  Ids expected;
  for (const TokenId token : plain_ids) expected.push_back(order[static_cast<std::size_t>(token)]);
  EXPECT_EQ(sample_many(params, permuted, 100), expected);
}

TEST(Sampler, AddingAConstantChangesNothing) {
  Floats logits = {1, 2, 3, 2.5f};
  Floats higher = {65, 66, 67, 66.5f};
  EXPECT_EQ(sample_many({}, logits, 100), sample_many({}, higher, 100));
}

TEST(Sampler, LogitBiasForcesAndForbids) {
  SamplingParams params = plain();
  params.logit_bias = {{2, 100.0f}, {1000000, 5.0f}};  // ids beyond the vocabulary do nothing
  EXPECT_EQ(sample_many(params, {1, 5, 0, 2}, 50), Ids(50, 2));
  params.logit_bias = {{1, -100.0f}};
  const Ids drawn = sample_many(params, {1, 5, 0, 2}, 500);
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), 1), 0);
}

TEST(Sampler, RepetitionPenaltyLowersBothSigns) {
  SamplingParams params = greedy();
  params.repetition_penalty = 2;
  EXPECT_EQ(changed(params, {4, -4, 4, -4}, {0, 1, 0}), (Floats{2, -8, 4, -4}));
}

TEST(Sampler, PresenceCountsOnceAndFrequencyEachTime) {
  SamplingParams params = greedy();
  params.presence_penalty = 0.5f;
  EXPECT_EQ(changed(params, {1, 1, 1}, {0, 1, 0, 0}), (Floats{0.5f, 0.5f, 1}));
  params.presence_penalty = 0;
  params.frequency_penalty = 0.25f;
  EXPECT_EQ(changed(params, {1, 1, 1}, {0, 1, 0, 0}), (Floats{0.25f, 0.75f, 1}));
  params.presence_penalty = -1;
  EXPECT_EQ(changed(params, {1, 1, 1}, {0, 1, 0, 0}), (Floats{1.25f, 1.75f, 1}));
}

TEST(Sampler, PenaltiesLookBackOverTheirWindow) {
  SamplingParams params = greedy();
  params.presence_penalty = 1;
  const Ids history = {0, 1, 2};
  params.penalty_window = 2;
  EXPECT_EQ(changed(params, {5, 5, 5}, history), (Floats{5, 4, 4}));
  params.penalty_window = 0;
  EXPECT_EQ(changed(params, {5, 5, 5}, history), (Floats{5, 5, 5}));
  params.penalty_window = 100;
  EXPECT_EQ(changed(params, {5, 5, 5}, history), (Floats{4, 4, 4}));
  params.penalty_window = -1;
  EXPECT_EQ(changed(params, {5, 5, 5}, history), (Floats{4, 4, 4}));
}

TEST(Sampler, PenaltiesForgetBetweenSteps) {
  SamplingParams params = greedy();
  params.frequency_penalty = 1;
  Sampler sampler(params);
  for (int step = 0; step < 3; ++step) {
    Floats logits = {5, 5};
    sampler.sample(logits, Ids{1, 1, -1, 77});  // ids outside the vocabulary do nothing
    EXPECT_EQ(logits, (Floats{5, 3}));
  }
}

TEST(Sampler, BiasComesBeforePenalties) {
  SamplingParams params = greedy();
  params.logit_bias = {{0, 1.0f}};
  params.repetition_penalty = 2;
  EXPECT_EQ(changed(params, {1, 0}, {0}), (Floats{1, 0}));
}

TEST(Sampler, SurvivesWhatIsNotANumber) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (SamplingParams params : {greedy(), plain(), SamplingParams{}}) {
    for (const float typical : {1.0f, 0.5f}) {
      params.typical_p = typical;
      EXPECT_EQ(sample_many(params, {kNan, -kInfinity, 1, kNan}, 20), Ids(20, 2));
      EXPECT_EQ(sample_many(params, {0, kInfinity, 1, kNan}, 20), Ids(20, 1));
      EXPECT_EQ(sample_many(params, {kNan, kNan}, 20), Ids(20, 0));
      EXPECT_EQ(sample_many(params, {-kInfinity, -kInfinity}, 20), Ids(20, 0));
      EXPECT_EQ(sample_many(params, {-3}, 20), Ids(20, 0)) << "a vocabulary of one";
    }
  }
}

}  // namespace
}  // namespace pincer
