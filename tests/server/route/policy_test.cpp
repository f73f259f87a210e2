#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/route/plan.h"
#include "server/route/prompt_score.h"
#include "server/route/rule_names.h"

namespace pincer {
namespace {

using Names = std::vector<std::string>;

// home and sky, a route that knows both, and a request that has nothing special.
class Policy : public testing::Test {
 protected:
  Policy() {
    config_.upstreams.resize(3);
    config_.upstreams[0].name = "home";
    config_.upstreams[0].kind = UpstreamConfig::Kind::engine;
    config_.upstreams[0].context = 2048;
    config_.upstreams[1].name = "sky";
    config_.upstreams[1].price.input = 1;
    config_.upstreams[2].name = "spare";
    config_.upstreams[2].kind = UpstreamConfig::Kind::worker;
    route_.model = "chat";
    route_.local = "home";
    route_.cloud = "sky";
    features_.text = "Hello";
    features_.characters = 5;
    features_.prompt_tokens = 8;
  }

  void rule(const std::string& when, const std::string& use, bool fail_closed = false) {
    auto condition = parse_expression(when, rule_names(config_.upstreams));
    ASSERT_TRUE(condition) << condition.error().message;
    route_.policy.rules.push_back({when, std::move(condition).value(), use, fail_closed});
  }
  RoutePlan plan() const { return plan_route(config_, route_, features_, state_); }
  // The effect that was given for a rule; "-": none was.
  static std::string effect(const RoutePlan& plan, const std::string& rule) {
    const auto found = std::ranges::find(plan.reasons, rule, &RouteReason::rule);
    return found == plan.reasons.end() ? "-" : found->effect;
  }

  RouterConfig config_;
  RouteConfig route_;
  RouteFeatures features_;
  RouteState state_;
};

TEST_F(Policy, FixedAnswersHereAndGoesOnElsewhere) {
  const RoutePlan p = plan();
  EXPECT_EQ(p.upstreams, (Names{"home", "sky"}));
  EXPECT_EQ(p.cause, "fixed");
  EXPECT_FALSE(p.fail_closed);
  EXPECT_FALSE(p.score);
  route_.local = "";
  EXPECT_EQ(plan().upstreams, Names{"sky"});
}

TEST_F(Policy, LengthIsTheRuleOfFiftyCharacters) {
  route_.policy.kind = PolicyKind::length;
  features_.characters = 49;
  EXPECT_EQ(plan().upstreams, (Names{"home", "sky"}));
  features_.characters = 50;
  EXPECT_EQ(plan().upstreams, (Names{"sky", "home"}));
  EXPECT_EQ(plan().reasons.at(0).value, "50 >= 50");
}

TEST_F(Policy, ClassifierComparesTheScoreWithAThreshold) {
  route_.policy.kind = PolicyKind::classifier;
  const double score = prompt_score(features_.text);
  route_.policy.threshold = score;
  EXPECT_EQ(plan().upstreams.front(), "sky");
  EXPECT_EQ(plan().score, score);
  route_.policy.threshold = score + 1e-9;
  EXPECT_EQ(plan().upstreams.front(), "home");
  EXPECT_EQ(plan().cause, "score");
}

TEST_F(Policy, AThresholdThatIsNotGivenComesFromTheShare) {
  route_.policy.kind = PolicyKind::classifier;
  const double score = prompt_score(features_.text);
  route_.policy.target_cloud_share = 1 - score + 1e-6;
  EXPECT_EQ(plan().upstreams.front(), "sky");
  route_.policy.target_cloud_share = 1 - score - 1e-6;
  EXPECT_EQ(plan().upstreams.front(), "home");
}

TEST_F(Policy, CascadeBeginsHereWithTheCloudBehindIt) {
  route_.policy.kind = PolicyKind::cascade;
  route_.policy.threshold = 1;
  route_.fallbacks = {"spare"};
  const RoutePlan p = plan();
  EXPECT_TRUE(p.cascade);
  EXPECT_EQ(p.upstreams, (Names{"home", "sky", "spare"}));
  EXPECT_EQ(p.cause, "cascade");
  route_.policy.threshold = 0;  // hard enough to skip the probe
  EXPECT_FALSE(plan().cascade);
  EXPECT_EQ(plan().upstreams.front(), "sky");
}

TEST_F(Policy, ACascadeWithoutOneOfItsSidesIsNone) {
  route_.policy.kind = PolicyKind::cascade;
  route_.policy.threshold = 1;
  state_.upstreams["sky"].available = false;
  EXPECT_FALSE(plan().cascade);
  state_.upstreams["sky"].available = true;
  state_.upstreams["home"].available = false;
  EXPECT_FALSE(plan().cascade);
  EXPECT_EQ(plan().upstreams.front(), "sky");
}

TEST_F(Policy, WeightsShareTheDraws) {
  route_.policy.kind = PolicyKind::weighted;
  route_.policy.weights = {{"home", 1}, {"sky", 3}};
  int sky = 0;
  for (int i = 0; i < 1000; ++i) {
    state_.draw = (i + 0.5) / 1000;
    sky += plan().upstreams.front() == "sky" ? 1 : 0;
  }
  EXPECT_EQ(sky, 750);
}

TEST_F(Policy, LoadSendsAShareOfLocalRequestsOn) {
  state_.spill_share = 0.25;
  int away = 0;
  for (int i = 0; i < 10000; ++i) {
    state_.draw = (i + 0.5) / 10000;
    away += plan().upstreams.front() == "sky" ? 1 : 0;
  }
  EXPECT_EQ(away, 0);  // not asked for
  route_.load.enabled = true;
  for (int i = 0; i < 10000; ++i) {
    state_.draw = (i + 0.5) / 10000;
    away += plan().upstreams.front() == "sky" ? 1 : 0;
  }
  EXPECT_NEAR(away, 2500, 150);
  state_.spill_share = 1;
  EXPECT_EQ(plan().cause, "load");
  features_.local_only = true;
  EXPECT_EQ(plan().upstreams, Names{"home"});
}

TEST_F(Policy, WhatIsPrivateStaysHereWhateverElseIsSaid) {
  features_.local_only = true;
  features_.wanted_upstream = "sky";
  route_.fallbacks = {"sky", "spare"};
  rule("true", "sky");
  const RoutePlan p = plan();
  EXPECT_EQ(p.upstreams, (Names{"home", "spare"}));
  EXPECT_TRUE(p.fail_closed);
  EXPECT_EQ(effect(p, "privacy"), "not sky");
  state_.upstreams["home"].available = false;
  EXPECT_EQ(plan().upstreams, (Names{"spare", "home"}));
  route_.local = "";
  route_.fallbacks = {};
  EXPECT_TRUE(plan().upstreams.empty());
  EXPECT_EQ(effect(plan(), "plan"), "no upstream may answer");
}

TEST_F(Policy, AHeaderChoosesAmongTheUpstreamsOfTheRoute) {
  features_.wanted_upstream = "sky";
  EXPECT_EQ(plan().upstreams, (Names{"sky", "home"}));
  EXPECT_EQ(plan().cause, "header");
  features_.wanted_upstream = "spare";  // not of this route
  EXPECT_EQ(plan().upstreams, (Names{"home", "sky"}));
  EXPECT_EQ(effect(plan(), "header"), "no such upstream in this route");
}

TEST_F(Policy, TheFirstRuleThatHoldsWins) {
  rule("characters > 100", "home");
  rule("prompt_tokens > 5 and not tools", "sky");
  rule("true", "home");
  EXPECT_EQ(plan().upstreams, (Names{"sky", "home"}));
  EXPECT_EQ(plan().cause, "rule 2");
  features_.tools = true;
  EXPECT_EQ(plan().cause, "rule 3");
}

TEST_F(Policy, ARuleThatFailsClosedLeavesNothingElse) {
  rule("true", "sky", true);
  EXPECT_EQ(plan().upstreams, Names{"sky"});
  EXPECT_TRUE(plan().fail_closed);
  state_.budget_remaining_usd = 0;
  EXPECT_TRUE(plan().upstreams.empty());
}

TEST_F(Policy, ARuleForAnUpstreamThatMayNotAnswerIsPassedOver) {
  rule("true", "sky");
  state_.budget_remaining_usd = 0;
  const RoutePlan p = plan();
  EXPECT_EQ(p.upstreams, Names{"home"});
  EXPECT_EQ(effect(p, "rule 1"), "sky may not answer");
  EXPECT_EQ(effect(p, "budget"), "not sky");
}

TEST_F(Policy, RulesSpeakOfEverythingThatIsKnown) {
  state_.upstreams["home"] = {
      .expected_wait_s = 2, .first_token_s = 1, .in_flight = 3, .context = 4096};
  state_.budget_remaining_usd = 5;
  features_.private_classes = {"email"};
  features_.session = "s";
  features_.deadline_s = 60;
  for (const char* holds :
       {"home.context == 4096", "home.wait == 2", "home.first_token == 1", "home.in_flight == 3",
        "home.available", "sky.context > 1000000", "budget.remaining == 5", "deadline == 60",
        "private_classes contains 'email'", "privacy == 'open'", "session == 's'",
        "max_tokens == 0", "text contains 'ell'", "score > 0 and score < 1", "load.spill == 0",
        "choices == 1", "not (tools or forced_tools or schema or logprobs)", "messages == 0"}) {
    route_.policy.rules.clear();
    rule(holds, "sky");
    EXPECT_EQ(plan().cause, "rule 1") << holds;
  }
  EXPECT_EQ(rule_names(config_.upstreams).size(), 17U + 3 * 5);
}

TEST_F(Policy, APromptThatDoesNotFitGoesWhereItDoes) {
  features_.prompt_tokens = 2048;
  const RoutePlan p = plan();
  EXPECT_EQ(p.upstreams, (Names{"sky", "home"}));
  EXPECT_EQ(p.cause, "context");
  config_.upstreams[1].context = 1024;  // fits nowhere: the estimate may be wrong
  EXPECT_EQ(plan().upstreams, (Names{"home", "sky"}));
}

TEST_F(Policy, AskingForWhatAnUpstreamCannotDoLeavesItOut) {
  config_.upstreams[0].supports = {
      .tools = false, .schema = false, .logprobs = false, .choices = false};
  const RouteFeatures plain = features_;
  const auto check = [&](const std::string& what) {
    EXPECT_EQ(plan().upstreams, Names{"sky"}) << what;
    EXPECT_EQ(effect(plan(), what), "not home");
    EXPECT_EQ(plan().cause, what);
    features_ = plain;
  };
  features_.tools = true;
  check("tools");
  features_.schema = true;
  check("schema");
  features_.logprobs = true;
  check("logprobs");
  features_.choices = 2;
  check("choices");
}

TEST_F(Policy, ADeadlineThatTheQueueWouldMissMovesARequest) {
  state_.upstreams["home"] = {.expected_wait_s = 1.5, .first_token_s = 0.6};
  features_.deadline_s = 2;
  EXPECT_EQ(plan().upstreams, (Names{"sky", "home"}));
  features_.deadline_s = 3;
  EXPECT_EQ(plan().upstreams, (Names{"home", "sky"}));
}

TEST_F(Policy, ASpentBudgetLeavesWhatCostsNothing) {
  state_.budget_remaining_usd = 0;
  EXPECT_EQ(plan().upstreams, Names{"home"});
  state_.budget_remaining_usd = 0.01;
  EXPECT_EQ(plan().upstreams, (Names{"home", "sky"}));
}

TEST_F(Policy, AnOpenBreakerMovesAnUpstreamBehindTheOthers) {
  route_.fallbacks = {"spare", "cache"};
  state_.upstreams["home"].available = false;
  const RoutePlan p = plan();
  EXPECT_EQ(p.upstreams, (Names{"sky", "spare", "home", "cache"}));
  EXPECT_EQ(p.cause, "breaker");
  EXPECT_EQ(effect(p, "breaker"), "home last");
  state_.upstreams["sky"].available = state_.upstreams["spare"].available = false;
  EXPECT_EQ(plan().upstreams, (Names{"home", "sky", "spare", "cache"}));
}

TEST_F(Policy, TheSameArgumentsGiveTheSamePlan) {
  route_.policy.kind = PolicyKind::classifier;
  route_.load.enabled = true;
  state_.spill_share = state_.draw = 0.5;
  EXPECT_EQ(plan().upstreams, plan().upstreams);
  EXPECT_EQ(plan().reasons.size(), plan().reasons.size());
}

TEST_F(Policy, AnAnswerGoesOnOnlyWhereTheMessageCanBeGoneOnFrom) {
  features_.continues = true;
  EXPECT_EQ(plan().upstreams, (Names{"home"}));
  EXPECT_EQ(effect(plan(), "prefill"), "not sky");
  config_.upstreams[1].prefill = UpstreamConfig::Prefill::prefix;
  EXPECT_EQ(plan().upstreams, (Names{"home", "sky"}));
}

}  // namespace
}  // namespace pincer
