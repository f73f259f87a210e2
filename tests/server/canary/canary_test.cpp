#include "server/canary/canary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "server/canary/assignment.h"

namespace pincer {
namespace {

// How requests of an arm come out.
struct ArmModel {
  double errors = 0.01;
  double first_token_s = 0.5;  // the median; log-normal
  double length = 60;          // as well, cut off at 256
};

class CanaryRun {
 public:
  explicit CanaryRun(std::uint64_t seed) : random_(seed) {}

  // Requests until the canary has had `most`, or is rolled back; returns how many it had.
  int run(Canary& canary, const ArmModel& baseline, const ArmModel& target, int most) {
    int had = 0;
    while (had < most && canary.weight() > 0) {
      CanaryOutcome outcome{.canary = uniform() < canary.weight(), .weight = canary.weight()};
      had += outcome.canary ? 1 : 0;
      const ArmModel& arm = outcome.canary ? target : baseline;
      outcome.error = uniform() < arm.errors;
      if (!outcome.error) {
        outcome.first_token_s = arm.first_token_s * std::exp(0.4 * normal_(random_));
        outcome.answer_tokens =
            static_cast<int>(std::min(256.0, arm.length * std::exp(0.8 * normal_(random_))));
      }
      canary.observe(outcome);
    }
    return had;
  }

 private:
  double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

CanaryConfig config_of(double weight) {
  CanaryConfig config;
  config.target = "new";
  config.baseline = "old";
  config.weight = weight;
  return config;
}

// In how many of 100 canaries a guard acted, within `most` requests to each.
int rollbacks(double weight, const ArmModel& baseline, const ArmModel& target, int most) {
  int count = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Canary canary(config_of(weight));
    CanaryRun(seed).run(canary, baseline, target, most);
    count += canary.status().stage == CanaryStage::rolled_back ? 1 : 0;
  }
  return count;
}

TEST(Canary, OneThatIsLikeTheBaselineStays) {
  EXPECT_LE(rollbacks(10, {}, {}, 300), 2);
  EXPECT_LE(rollbacks(50, {}, {}, 300), 2);
}

TEST(Canary, ASlowFirstTokenRollsBack) {
  EXPECT_GE(rollbacks(10, {}, {.first_token_s = 0.65}, 300), 99);
}

TEST(Canary, ErrorsRollBack) { EXPECT_GE(rollbacks(5, {.errors = 0}, {.errors = 0.05}, 300), 99); }

TEST(Canary, AnswersOfAnotherLengthRollBack) {  // a wrong template
  EXPECT_GE(rollbacks(10, {}, {.length = 240}, 300), 99);
  EXPECT_GE(rollbacks(10, {}, {.length = 15}, 300), 99);
}

TEST(Canary, OneThatIsBetterStays) {
  EXPECT_EQ(rollbacks(10, {.errors = 0.05}, {.errors = 0, .first_token_s = 0.3}, 300), 0);
}

TEST(Canary, WhatTheGuardAllowsIsNoReason) {
  CanaryConfig config = config_of(10);
  config.max_first_token_ratio = 2;
  Canary canary(config);
  CanaryRun(1).run(canary, {}, {.first_token_s = 0.65}, 300);
  EXPECT_EQ(canary.status().stage, CanaryStage::running);
  EXPECT_EQ(canary.status().guards[1].confidence, 1);  // it is slower, but not by so much
}

TEST(Canary, SaysWhyItWasRolledBackAndTakesNoMoreRequests) {
  Canary canary(config_of(10));
  CanaryRun(1).run(canary, {}, {.first_token_s = 2}, 300);
  const CanaryStatus status = canary.status();
  EXPECT_EQ(status.stage, CanaryStage::rolled_back);
  EXPECT_TRUE(status.reason.starts_with("ttft: ")) << status.reason;
  EXPECT_NE(status.reason.find("of 'old'"), std::string::npos) << status.reason;
  EXPECT_EQ(status.weight, 0);
  EXPECT_EQ(canary.weight(), 0);
  EXPECT_FALSE(status.proven);
  canary.resume();
  EXPECT_EQ(canary.weight(), 0.1);
  EXPECT_EQ(canary.status().requests, 0);
}

TEST(Canary, IsProvenByItsNumberOfRequests) {
  Canary canary(config_of(20));
  CanaryRun(3).run(canary, {}, {}, 199);
  EXPECT_FALSE(canary.status().proven);
  CanaryRun(4).run(canary, {}, {}, 1);
  EXPECT_TRUE(canary.status().proven);
}

TEST(Canary, ASessionCountsOnce) {
  Canary canary(config_of(10));
  for (int i = 0; i < 100; ++i)
    canary.observe({.canary = true, .weight = 0.1, .session = 7, .error = true});
  EXPECT_EQ(canary.status().requests, 1);
  EXPECT_EQ(canary.status().stage, CanaryStage::running);
}

TEST(Canary, ShadowsThatDisagreeRollBack) {
  CanaryConfig config = config_of(0);
  config.shadow = 100;
  config.min_agreement = 0.8;
  Canary canary(config);
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(canary.observe_agreement(i % 10 == 0 ? 0.2 : 1.0));
  int more = 0;
  while (more < 100 && !canary.observe_agreement(0.3)) ++more;
  EXPECT_LT(more, 60);
  EXPECT_TRUE(canary.status().reason.starts_with("agreement: ")) << canary.status().reason;
}

TEST(Canary, ByHand) {
  Canary canary(config_of(10));
  canary.set_weight(25);
  EXPECT_EQ(canary.weight(), 0.25);
  canary.promote();
  EXPECT_EQ(canary.weight(), 1);
  EXPECT_EQ(canary.status().stage, CanaryStage::promoted);
  canary.roll_back("by hand");
  EXPECT_EQ(canary.weight(), 0);
}

TEST(CanaryPlace, IsASessionsOwn) {
  std::vector<double> places;
  for (int i = 0; i < 10'000; ++i) places.push_back(canary_place("new", std::to_string(i)));
  EXPECT_EQ(places[17], canary_place("new", "17"));
  EXPECT_NE(places[17], canary_place("newer", "17"));
  const auto below = std::ranges::count_if(places, [](double p) { return p < 0.05; });
  EXPECT_NEAR(static_cast<double>(below), 500, 5 * std::sqrt(500 * 0.95));
}

}  // namespace
}  // namespace pincer
