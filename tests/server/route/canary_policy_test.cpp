// Who meets a route's canary.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "server/route/plan.h"
#include "server/route/rule_names.h"

namespace pincer {
namespace {

using Names = std::vector<std::string>;

class CanaryPolicy : public ::testing::Test {
 protected:
  CanaryPolicy() {
    for (const char* name : {"home", "sky", "next"}) {
      UpstreamConfig upstream;
      upstream.name = name;
      upstream.kind =
          upstream.name == "sky" ? UpstreamConfig::Kind::openai : UpstreamConfig::Kind::engine;
      config_.upstreams.push_back(upstream);
    }
    route_.model = "chat";
    route_.local = "home";
    route_.cloud = "sky";
    route_.canary.target = "next";
    route_.canary.baseline = "home";
    state_.canary_weight = 0.1;
  }
  RoutePlan plan() const { return plan_route(config_, route_, features_, state_); }
  RoutePlan plan_of(const std::string& session) {
    features_.session = session;
    return plan();
  }
  void rule(const std::string& use, bool fail_closed) {
    auto condition = parse_expression("characters >= 0", rule_names(config_.upstreams));
    ASSERT_TRUE(condition) << condition.error().message;
    route_.policy.rules.push_back(
        {"characters >= 0", std::move(condition).value(), use, fail_closed});
  }

  RouterConfig config_;
  RouteConfig route_;
  RouteFeatures features_;
  RouteState state_;
};

TEST_F(CanaryPolicy, ItsShareIsDrawn) {
  int its = 0;
  for (int i = 0; i < 10'000; ++i) {
    state_.draw = i / 10'000.0;
    const RoutePlan p = plan();
    ASSERT_TRUE(p.lot);
    EXPECT_EQ(p.lot->weight, 0.1);
    EXPECT_EQ(p.lot->canary, p.upstreams.front() == "next");
    EXPECT_EQ(p.cause, p.lot->canary ? "canary" : "fixed");
    its += p.lot->canary ? 1 : 0;
  }
  EXPECT_NEAR(its, 1000, 150);
}

TEST_F(CanaryPolicy, TheBaselineStandsBehindIt) {
  features_.canary = "always";
  EXPECT_EQ(plan().upstreams, (Names{"next", "home", "sky"}));
  EXPECT_FALSE(plan().lot);  // it was asked for, not drawn
  features_.canary = "never";
  EXPECT_EQ(plan().upstreams, (Names{"home", "sky"}));
  EXPECT_FALSE(plan().lot);
}

TEST_F(CanaryPolicy, ASessionNeverFlips) {
  for (int s = 0; s < 200; ++s) {
    const std::string session = "session " + std::to_string(s);
    state_.canary_weight = 0.1;
    const bool canary = plan_of(session).lot->canary;
    for (int i = 0; i < 50; ++i) {
      state_.draw = i / 50.0;
      EXPECT_EQ(plan_of(session).lot->canary, canary) << session;
    }
    // More weight takes more in, and none out.
    state_.canary_weight = 0.5;
    if (canary) EXPECT_TRUE(plan_of(session).lot->canary) << session;
  }
}

TEST_F(CanaryPolicy, WithoutStickinessEachRequestIsDrawn) {
  route_.canary.sticky = false;
  features_.session = "mine";
  int its = 0;
  for (int i = 0; i < 1000; ++i) {
    state_.draw = i / 1000.0;
    its += plan().lot->canary ? 1 : 0;
    EXPECT_EQ(plan().lot->session, 0U);
  }
  EXPECT_NEAR(its, 100, 50);
}

TEST_F(CanaryPolicy, RolledBackItGetsNothingAndPromotedAll) {
  state_.canary_weight = 0;
  EXPECT_EQ(plan().upstreams.front(), "home");
  EXPECT_FALSE(plan().lot);
  state_.canary_weight = 1;
  EXPECT_EQ(plan().upstreams.front(), "next");
  EXPECT_FALSE(plan().lot);
}

TEST_F(CanaryPolicy, OnlyForWhatItsBaselineWouldAnswer) {
  state_.canary_weight = 1;
  features_.wanted_upstream = "sky";
  EXPECT_EQ(plan().upstreams.front(), "sky");
  features_.wanted_upstream.clear();
  state_.upstreams["next"].available = false;
  EXPECT_EQ(plan().upstreams.front(), "home");
}

TEST_F(CanaryPolicy, ACascadeBeginsWithIt) {
  route_.policy.kind = PolicyKind::cascade;
  route_.policy.threshold = 1;
  state_.canary_weight = 1;
  const RoutePlan p = plan();
  EXPECT_TRUE(p.cascade);
  EXPECT_EQ(p.upstreams, (Names{"next", "sky", "home"}));
}

TEST_F(CanaryPolicy, ItsBaselineIsMeantAsWellWhereARuleSaysSo) {
  rule("home", false);
  EXPECT_TRUE(plan().lot);
  state_.canary_weight = 1;
  const RoutePlan p = plan();
  EXPECT_EQ(p.upstreams, (Names{"next", "home", "sky"}));
  EXPECT_EQ(p.cause, "canary");
}

TEST_F(CanaryPolicy, NotWhereARuleSaysThatNothingElseAnswers) {
  rule("home", true);
  state_.canary_weight = 1;
  const RoutePlan p = plan();
  EXPECT_EQ(p.upstreams, Names{"home"});
  EXPECT_FALSE(p.lot);
}

}  // namespace
}  // namespace pincer
