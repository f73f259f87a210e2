// Against closed forms: B bytes at b bytes/s take B / b.
#include "pincer/engine/tiers.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

constexpr std::int64_t kGb = 1'000'000'000;
const std::vector<MemoryTier> kTiers = {{"near", 64 * kGb, 100e9}, {"far", 64 * kGb, 25e9}};
const ReadTrace kTrace = decode_trace(30, kGb / 4, kGb / 2);  // 8 GB

double seconds(const TierPlacement& placement, const std::vector<MemoryTier>& tiers = kTiers) {
  const auto result = simulate(tiers, kTrace, placement);
  if (!result) throw std::runtime_error(result.error().message);
  return result->seconds;
}

TEST(Tiers, OneTierReadsAtItsBandwidth) {
  EXPECT_NEAR(seconds(all_on(kTrace, 2, 0)), 8.0 / 100, 1e-12);
  EXPECT_NEAR(seconds(all_on(kTrace, 2, 1)), 8.0 / 25, 1e-12);
  EXPECT_NEAR(simulate(kTiers, kTrace, all_on(kTrace, 2, 1))->tokens_per_s(), 25.0 / 8, 1e-9);
}

TEST(Tiers, LayersOnTwoTiersAddUp) {
  const double near_bytes = 10 * 0.25 + 0.5, far_bytes = 20 * 0.25;  // GB; the head is near
  EXPECT_NEAR(seconds(first_near(kTrace, 10)), near_bytes / 100 + far_bytes / 25, 1e-12);
  EXPECT_NEAR(seconds(first_near(kTrace, 30)), seconds(all_on(kTrace, 2, 0)), 1e-12);
}

TEST(Tiers, InterleavedBandwidthsAddUp) {
  EXPECT_NEAR(seconds(interleaved(kTiers, kTrace)), 8.0 / 125, 1e-12);
}

TEST(Tiers, InterleavingStopsAtWhatATierHolds) {
  std::vector<MemoryTier> tiers = kTiers;
  tiers[0].capacity = 4 * kGb;  // half of the weights; four fifths would be wanted
  const auto result = simulate(tiers, kTrace, interleaved(tiers, kTrace));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_NEAR(result->tier_bytes[0], 4e9, 1);
  EXPECT_NEAR(result->seconds, 4.0 / 25, 1e-9) << "the far half is the longer one";
  EXPECT_EQ(layers_that_fit(tiers, kTrace), 14);
  // Layers one after the other: the two tiers never work at once.
  EXPECT_GT(seconds(first_near(kTrace, 14), tiers), result->seconds);
}

TEST(Tiers, WhatDoesNotFitIsRefused) {
  std::vector<MemoryTier> tiers = kTiers;
  tiers[0].capacity = 4 * kGb;
  const auto refused = simulate(tiers, kTrace, all_on(kTrace, 2, 0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "all on tier 0 puts 8.0 GB on tier near, which holds 4.0 GB");
  tiers[1].capacity = kGb;
  EXPECT_FALSE(simulate(tiers, kTrace, interleaved(tiers, kTrace)));
}

TEST(Tiers, ATraceMayReadAPartTwice) {
  ReadTrace twice = kTrace;
  twice.reads.insert(twice.reads.end(), kTrace.reads.begin(), kTrace.reads.end());
  EXPECT_NEAR(simulate(kTiers, twice, all_on(kTrace, 2, 0))->seconds, 16.0 / 100, 1e-12);
}

}  // namespace
}  // namespace pincer
