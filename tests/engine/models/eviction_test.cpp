#include "engine/models/eviction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

namespace pincer {
namespace {

using Victims = std::vector<std::size_t>;
constexpr std::int64_t kMb = 1'000'000;

TEST(DecayedUse, ARequestCountsHalfAfterAHalfLife) {
  DecayedUse policy(100);
  EXPECT_EQ(policy.use("a", 0), 0);
  policy.used("a", 0);
  EXPECT_DOUBLE_EQ(policy.use("a", 0), 1);
  EXPECT_DOUBLE_EQ(policy.use("a", 100), 0.5);
  policy.used("a", 100);
  EXPECT_DOUBLE_EQ(policy.use("a", 200), 0.75);
}

TEST(DecayedUse, FormerPopularityPasses) {
  DecayedUse policy(100);
  for (int i = 0; i < 10; ++i) policy.used("old", 0);
  policy.used("new", 300);
  policy.used("new", 300);
  EXPECT_GT(policy.use("new", 300), policy.use("old", 300));
  EXPECT_LT(policy.use("new", 100), 10);
}

TEST(DecayedUse, OfEqualUseTheOneThatFreesMorePerSecondOfLoadingGoes) {
  DecayedUse policy(100);
  policy.used("small", 0);
  policy.used("large", 0);
  EXPECT_GT(policy.value("small", 50 * kMb, 1), policy.value("large", 5000 * kMb, 1));
}

TEST(ChooseVictims, TheColdestGoesFirst) {
  DecayedUse policy(100);
  for (int i = 0; i < 3; ++i) policy.used("a", 0);
  policy.used("b", 0);
  for (int i = 0; i < 2; ++i) policy.used("c", 0);
  const std::vector<Resident> all = {{"a", 100}, {"b", 100}, {"c", 100}};
  EXPECT_EQ(choose_victims(all, 1, policy, 0), Victims{1});
  EXPECT_EQ(choose_victims(all, 150, policy, 0), (Victims{1, 2}));
  EXPECT_EQ(choose_victims(all, 300, policy, 0), (Victims{1, 2, 0}));
  EXPECT_TRUE(choose_victims(all, 301, policy, 0).empty());
}

TEST(ChooseVictims, OnesInUseOnlyWhenTheOthersAreNotEnough) {
  DecayedUse policy(100);
  policy.used("idle", 0);
  policy.used("idle", 0);
  policy.used("busy", 0);
  const std::vector<Resident> all = {{"busy", 100, true}, {"idle", 100, false}};
  EXPECT_EQ(choose_victims(all, 100, policy, 0), Victims{1});
  EXPECT_EQ(choose_victims(all, 101, policy, 0), (Victims{1, 0}));
}

TEST(ChooseVictims, NoneGoesForNothing) {
  LeastRecentlyUsed policy;
  policy.used("small", 1);
  policy.used("large", 2);
  const std::vector<Resident> all = {{"small", 10}, {"large", 100}};
  EXPECT_EQ(choose_victims(all, 90, policy, 3), Victims{1});
}

// Three models of one size, room for two, requests one second apart: a popular one, a less popular
// one, and one that is rare. What a cache can know of such a sequence is how often each was asked
// for; the last request alone says less.
double hit_rate(EvictionPolicy& policy, unsigned seed) {
  std::mt19937 random(seed);
  std::discrete_distribution<int> pick({60, 28, 12});
  std::vector<Resident> there;
  int hits = 0;
  constexpr int kRequests = 2000;
  for (int i = 0; i < kRequests; ++i) {
    const std::string name(1, static_cast<char>('a' + pick(random)));
    policy.used(name, i);
    if (std::ranges::find(there, name, &Resident::name) != there.end()) {
      ++hits;
      continue;
    }
    if (there.size() == 2) {
      const Victims out = choose_victims(there, 100, policy, i);
      there.erase(there.begin() + static_cast<std::ptrdiff_t>(out.at(0)));
    }
    there.push_back({name, 100});
  }
  return static_cast<double>(hits) / kRequests;
}

TEST(DecayedUse, HitsMoreThanLruWhenRequestsAreSkewed) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    DecayedUse decayed(600);
    LeastRecentlyUsed lru;
    const double ours = hit_rate(decayed, seed), theirs = hit_rate(lru, seed);
    std::printf("seed %u: decayed use %.1f %%, LRU %.1f %%\n", seed, 100 * ours, 100 * theirs);
    EXPECT_GT(ours, theirs + 0.02);
  }
}

}  // namespace
}  // namespace pincer
