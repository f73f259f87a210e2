#include "server/route/hybrid_router.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "tests/engine/support/temporary_folder.h"
#include "tests/server/support/fake_upstream.h"

namespace pincer {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = UpstreamConfig::Kind;

// A configuration that is read again: what was learnt and spent goes on.
class ReloadedRouter : public testing::Test {
 protected:
  ReloadedRouter() {
    for (const char* name : {"cloud", "local", "next"})
      config_.upstreams.emplace_back().name = name;
    upstream("local").kind = Kind::worker;
    RouteConfig route;
    route.model = "chat";
    route.local = "local";
    route.cloud = "cloud";
    route.canary.target = "next";
    route.canary.baseline = "local";
    route.canary.weight = 10;
    config_.routes.push_back(route);
  }

  UpstreamConfig& upstream(const std::string& name) {
    return *std::ranges::find(config_.upstreams, name, &UpstreamConfig::name);
  }
  RouteConfig& route() { return config_.routes.front(); }

  std::shared_ptr<HybridRouter> load(HybridRouter* before = nullptr) {
    auto made = HybridRouter::make(
        config_, std::make_shared<Models>(), workers_,
        [this](const UpstreamConfig& upstream) {
          made_.push_back(upstream.name);
          return Result<std::shared_ptr<Upstream>>(std::make_shared<test::FakeUpstream>(upstream));
        },
        before);
    return std::move(made).value();
  }

  static void break_it(Member& member) {
    for (int i = 0; i < member.config().breaker.consecutive_errors; ++i) {
      auto permit = member.breaker("chat").try_acquire(Clock::now());
      UpstreamFailure failure;
      failure.kind = FailureClass::server;
      member.breaker("chat").failed(*permit, failure, Clock::now());
    }
  }
  static bool broken(Member& member) { return !member.breaker("chat").available(Clock::now()); }

  asio::thread_pool workers_{1};
  RouterConfig config_;
  std::vector<std::string> made_;
};

// Streams that began before are still written of there, and SIGUSR1 has to reach it.
TEST_F(ReloadedRouter, GoesOnWithTheAuditLog) {
  const test::TemporaryFolder folder;
  route().privacy.enabled = true;
  route().privacy.audit_log = folder.path() / "audit.log";
  config_.routes.push_back(route());
  config_.routes.back().model = "other";
  const auto before = load(), after = load(before.get());
  const AuditLog* log = before->privacy(route())->audit.get();
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(after->privacy(route())->audit.get(), log);
  EXPECT_EQ(after->privacy(config_.routes.back())->audit.get(), log);
  route().privacy.audit_log = folder.path() / "another.log";
  EXPECT_NE(load(after.get())->privacy(route())->audit.get(), log);
}

TEST_F(ReloadedRouter, KnowsUpstreamsWhoseSettingsAreTheSame) {
  const auto before = load();
  for (const char* name : {"cloud", "next"}) break_it(before->member(name));
  before->member("cloud").begin_attempt();
  upstream("next").timeouts.connect += std::chrono::seconds(1);
  const auto after = load(before.get());
  EXPECT_TRUE(broken(after->member("cloud")));
  EXPECT_EQ(after->member("cloud").in_flight(), 1);
  EXPECT_FALSE(broken(after->member("next"))) << "it is another one now";
  before->member("cloud").end_attempt();
  EXPECT_EQ(after->member("cloud").in_flight(), 0);
}

TEST_F(ReloadedRouter, AKeyThatWasRefusedIsTriedAgain) {
  const auto before = load();
  auto permit = before->member("cloud").breaker("chat").try_acquire(Clock::now());
  UpstreamFailure failure;
  failure.kind = FailureClass::auth;
  before->member("cloud").breaker("chat").failed(*permit, failure, Clock::now());
  ASSERT_TRUE(broken(before->member("cloud")));
  EXPECT_FALSE(broken(load(before.get())->member("cloud")));
}

TEST_F(ReloadedRouter, AWorkersProcessGoesOnAndKeysAreReadAgain) {
  const auto before = load();
  made_.clear();
  const auto after = load(before.get());
  EXPECT_EQ(made_, (std::vector<std::string>{"cloud", "next"}));
  EXPECT_EQ(&before->member("local").upstream(), &after->member("local").upstream());
}

TEST_F(ReloadedRouter, WhatWasSpentCountsAgainstNewBudgets) {
  upstream("cloud").price.output = 1e6;
  const auto before = load();
  before->charge(before->member("cloud"), "key\n", {.completion_tokens = 3});
  EXPECT_EQ(before->remaining_usd("key\n"), -1) << "no limit";
  config_.budgets = {{.limit_usd = 5}};
  const auto after = load(before.get());
  EXPECT_EQ(before->remaining_usd("key\n"), -1) << "it may be given up yet";
  after->take_over();
  EXPECT_NEAR(after->remaining_usd("key\n"), 2, 1e-9);
  after->metrics().attempts.add({"cloud", "chat"});
  EXPECT_EQ(before->metrics().attempts.value({"cloud", "chat"}), 1);
}

TEST_F(ReloadedRouter, ACanaryKeepsItsEvidenceUnlessItIsAnotherOne) {
  const auto before = load();
  before->note_canary(route(), {.canary = true, .weight = 0.1});
  EXPECT_EQ(load(before.get())->canary(route())->status().requests, 1);
  upstream("next").models["chat"] = "other";
  EXPECT_EQ(load(before.get())->canary(route())->status().requests, 0) << "another target";
  upstream("next").models.clear();
  route().canary.max_error_rate = 0.5;
  EXPECT_EQ(load(before.get())->canary(route())->status().requests, 0);
}

}  // namespace
}  // namespace pincer
