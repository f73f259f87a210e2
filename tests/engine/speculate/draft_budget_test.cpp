#include "engine/speculate/draft_budget.h"

#include <gtest/gtest.h>

#include <numeric>

#include "engine/speculate/acceptance.h"

namespace pincer {
namespace {

// A step takes 10 ms, and 0.4 more for each row.
StepCost cost() {
  StepCost c;
  for (int i = 0; i < 50; ++i) {
    for (const int n : {1, 2, 4, 8, 16, 32, 64}) c.observe({n, n, 0}, 10 + 0.4 * n);
  }
  return c;
}

DraftPrice price(int sequences, int most = 64, double pass_ms = 0) {
  return {{sequences, sequences, 0}, most, pass_ms};
}

int total(const std::vector<int>& counts) {
  return std::accumulate(counts.begin(), counts.end(), 0);
}

TEST(DraftBudget, TheBetterTheOfferTheMoreIsTaken) {
  const StepCost c = cost();
  int last = 0;
  for (const double chance : {0.01, 0.2, 0.5, 0.8, 0.95}) {
    const DraftOffer offer{31, chance};
    const int count = choose_drafts({&offer, 1}, price(1), c).at(0);
    EXPECT_GE(count, last) << chance;
    last = count;
  }
  EXPECT_GE(last, 15);
  const DraftOffer hopeless{31, 0.01}, nothing{0, 0.9};
  EXPECT_EQ(choose_drafts({&hopeless, 1}, price(1), c).at(0), 0);
  EXPECT_EQ(choose_drafts({&nothing, 1}, price(1), c).at(0), 0);
}

TEST(DraftBudget, NothingIsTakenBeforeTheCostIsKnown) {
  const DraftOffer offer{31, 0.9};
  EXPECT_EQ(choose_drafts({&offer, 1}, price(1), {}).at(0), 0);
}

TEST(DraftBudget, LargeBatchesTakeLessAndAtLastNothing) {
  const StepCost c = cost();
  double last = 100;
  for (const int n : {1, 4, 16, 64, 256}) {
    const std::vector<DraftOffer> offers(static_cast<std::size_t>(n), {16, 0.5});
    const double each = static_cast<double>(total(choose_drafts(offers, price(n, 4096), c))) / n;
    EXPECT_LE(each, last) << n;
    last = each;
  }
  EXPECT_EQ(last, 0);
}

TEST(DraftBudget, TheBestOffersGetTheRoom) {
  const std::vector<DraftOffer> offers = {{8, 0.3}, {8, 0.95}, {8, 0.6}};
  const std::vector<int> counts = choose_drafts(offers, price(3, 10), cost());
  EXPECT_EQ(total(counts), 10);
  EXPECT_EQ(counts[1], 8);
  EXPECT_GT(counts[2], 0);
}

TEST(DraftBudget, ADraftModelsTimeCounts) {
  const StepCost c = cost();
  const DraftOffer offer{8, 0.7};
  const int free = choose_drafts({&offer, 1}, price(1), c).at(0);
  const int cheap = choose_drafts({&offer, 1}, price(1, 64, 1), c).at(0);
  EXPECT_GT(free, cheap);
  EXPECT_GT(cheap, 0);
  EXPECT_EQ(choose_drafts({&offer, 1}, price(1, 64, 9), c).at(0), 0);
}

TEST(Acceptance, LearnsEachSourceApart) {
  Acceptance a;
  const double before = a.chance(DraftSource::ngram3);
  for (int i = 0; i < 40; ++i) a.observe(DraftSource::ngram2, 4, 0);
  for (int i = 0; i < 40; ++i) a.observe(DraftSource::cursor, 8, 8);
  EXPECT_LT(a.chance(DraftSource::ngram2), 0.05);
  EXPECT_GT(a.chance(DraftSource::cursor), 0.95);
  EXPECT_EQ(a.chance(DraftSource::ngram3), before);
}

TEST(Acceptance, CountsUpToTheFirstWrongToken) {
  Acceptance a;
  for (int i = 0; i < 100; ++i) a.observe(DraftSource::ngram4, 10, 3);
  EXPECT_NEAR(a.chance(DraftSource::ngram4), 0.75, 0.05);  // 3 of 4, not 3 of 10
}

TEST(Acceptance, WhatDidNotPayIsTriedAgainSomeDay) {
  const StepCost c = cost();
  Acceptance a;
  for (int i = 0; i < 40; ++i) a.observe(DraftSource::ngram4, 1, 0);
  const auto taken = [&] {
    const DraftOffer offer{8, a.chance(DraftSource::ngram4)};
    return choose_drafts({&offer, 1}, price(1), c).at(0);
  };
  EXPECT_EQ(taken(), 0);
  int steps = 0;
  for (; taken() == 0 && steps < 10000; ++steps) a.forget_a_little(DraftSource::ngram4);
  EXPECT_GT(steps, 10);
  EXPECT_LT(steps, 1000);
}

}  // namespace
}  // namespace pincer
