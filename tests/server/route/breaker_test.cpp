#include "server/route/breaker.h"

#include <gtest/gtest.h>

#include <random>

#include "server/route/retry_budget.h"

namespace pincer {
namespace {

using namespace std::chrono_literals;
using Time = Breaker::Time;
using State = Breaker::State;

class BreakerTest : public ::testing::Test {
 protected:
  Breaker make(double jitter = 0) {
    BreakerOptions options;
    options.jitter = jitter;
    return Breaker(options);
  }
  // One request; false: it was not let through.
  bool request(Breaker& breaker, bool ok, FailureClass kind = FailureClass::server,
               Milliseconds retry_after = 0ms) {
    auto permit = breaker.try_acquire(now_);
    if (!permit) return false;
    if (ok) {
      breaker.succeeded(*permit, now_);
    } else {
      breaker.failed(*permit, {.kind = kind, .retry_after = retry_after}, now_);
    }
    return true;
  }
  State state(const Breaker& breaker) { return breaker.status(now_).state; }

  Time now_ = Time() + 1000h;
};

TEST_F(BreakerTest, OpensAfterErrorsInARowAndDoublesItsRest) {
  Breaker breaker = make();
  for (int i = 0; i < 4; ++i) request(breaker, false);
  EXPECT_EQ(state(breaker), State::closed);
  request(breaker, false);
  EXPECT_EQ(state(breaker), State::open);
  EXPECT_EQ(breaker.status(now_).until, now_ + 5s);
  for (const auto rest : {10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    now_ = breaker.status(now_).until - 1ms;
    EXPECT_FALSE(request(breaker, true));
    now_ += 1ms;
    EXPECT_TRUE(request(breaker, false)) << "the probe";
    EXPECT_EQ(breaker.status(now_).until, now_ + rest);
  }
}

TEST_F(BreakerTest, OpensAtARateOfErrorsOnceThereWereEnough) {
  Breaker breaker = make();
  for (int i = 0; i < 9; ++i) {
    request(breaker, i % 2 == 0);
    EXPECT_EQ(state(breaker), State::closed);
  }
  request(breaker, false);  // 5 of 10
  EXPECT_EQ(state(breaker), State::open);
}

TEST_F(BreakerTest, ErrorsBeforeTheWindowAreForgotten) {
  Breaker breaker = make();
  for (int i = 0; i < 4; ++i) request(breaker, false);
  request(breaker, true);
  now_ += 61s;
  for (int i = 0; i < 4; ++i) request(breaker, false);
  EXPECT_EQ(state(breaker), State::closed);
}

TEST_F(BreakerTest, OneProbeAtATimeAndOneGoodOneCloses) {
  Breaker breaker = make();
  for (int i = 0; i < 5; ++i) request(breaker, false);
  now_ += 5s;
  EXPECT_EQ(state(breaker), State::half_open);
  {
    const auto probe = breaker.try_acquire(now_);
    ASSERT_TRUE(probe);
    EXPECT_FALSE(breaker.available(now_));
    EXPECT_FALSE(breaker.try_acquire(now_));
  }  // its client left: nobody knows
  EXPECT_TRUE(request(breaker, true));
  EXPECT_EQ(state(breaker), State::closed);
}

TEST_F(BreakerTest, ALateFailureOfBeforeIsNoFailureOfTheProbe) {
  Breaker breaker = make();
  auto early = breaker.try_acquire(now_);
  for (int i = 0; i < 5; ++i) request(breaker, false);
  const Time until = breaker.status(now_).until;
  breaker.failed(*early, {.kind = FailureClass::reset}, now_);
  EXPECT_EQ(breaker.status(now_).until, until);
  EXPECT_EQ(breaker.status(now_).ejections, 1);
}

TEST_F(BreakerTest, WhatIsTheRequestsFaultDoesNotCount) {
  Breaker breaker = make();
  for (const auto kind :
       {FailureClass::refused, FailureClass::content_policy, FailureClass::context_overflow,
        FailureClass::busy, FailureClass::cancelled}) {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(request(breaker, false, kind)) << name(kind);
  }
}

TEST_F(BreakerTest, RetryAfterIsHonoured) {
  Breaker breaker = make();
  request(breaker, false, FailureClass::rate, 42s);
  EXPECT_EQ(breaker.status(now_).until, now_ + 42s);
  Breaker patient = make();
  request(patient, false, FailureClass::rate, 24h);
  EXPECT_EQ(patient.status(now_).until, now_ + 300s) << "not longer than max_ejection";
}

TEST_F(BreakerTest, BillingIsNotHammered) {
  for (const auto kind : {FailureClass::billing, FailureClass::auth}) {
    Breaker breaker = make();
    int calls = 0;
    const Time end = now_ + 6h;
    for (; now_ < end; now_ += 1s) calls += request(breaker, false, kind) ? 1 : 0;
    EXPECT_LE(calls, 2) << name(kind);
  }
}

TEST_F(BreakerTest, JitterStaysWithinItsBounds) {
  BreakerOptions options;
  double least = 2, most = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Breaker breaker(options, seed * 7919);
    for (int i = 0; i < 5; ++i) request(breaker, false);
    const double rest = std::chrono::duration<double>(breaker.status(now_).until - now_).count();
    least = std::min(least, rest / 5);
    most = std::max(most, rest / 5);
  }
  EXPECT_GE(least, 0.8);
  EXPECT_LE(most, 1.2);
  EXPECT_GT(most - least, 0.3) << "they differ";
}

// Back, it is found out by its next probe or the one after that.
TEST_F(BreakerTest, RecoversWithinTwoProbes) {
  Breaker breaker = make(0.2);
  for (int i = 0; i < 5; ++i) request(breaker, false);
  int probes = 0;
  for (; state(breaker) != State::closed; now_ += 100ms) {
    if (request(breaker, probes == 1)) ++probes;
  }
  EXPECT_EQ(probes, 2);
}

// A client's request tries again as the retry budget allows: of what an upstream with half its
// answers bad is asked, no more than a tenth is on top of the clients' own.
TEST_F(BreakerTest, AnUpstreamAtHalfErrorsGetsAtMostATenthMore) {
  Breaker breaker = make(0.2);
  RetryBudget budget({.ratio = 0.1, .min_per_second = 0});
  std::mt19937 random(7);
  constexpr int kRequests = 10'000;
  int calls = 0;
  for (int i = 0; i < kRequests; ++i, now_ += 10ms) {
    budget.deposit(now_);
    for (int attempt = 0; attempt < 3; ++attempt) {
      if (attempt > 0 && !budget.withdraw(now_)) break;
      const bool ok = random() % 2 == 0;
      if (!request(breaker, ok)) break;
      ++calls;
      if (ok) break;
    }
  }
  EXPECT_LE(calls, kRequests * 11 / 10);
  EXPECT_LT(calls, kRequests / 2) << "it was left alone most of the time";
}

TEST(RetryBudget, IsAShareOfTheRequestsOfTheLastSeconds) {
  Time now = Time() + 1h;
  RetryBudget budget({.ratio = 0.1, .min_per_second = 0, .ttl = 10s});
  EXPECT_FALSE(budget.withdraw(now));
  for (int i = 0; i < 25; ++i) budget.deposit(now);
  EXPECT_TRUE(budget.withdraw(now));
  EXPECT_TRUE(budget.withdraw(now));
  EXPECT_FALSE(budget.withdraw(now)) << "half of one is left";
  now += 11s;
  EXPECT_EQ(budget.balance(now), 0);
  RetryBudget quiet({.ratio = 0.1, .min_per_second = 0.3, .ttl = 10s});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(quiet.withdraw(now));
  EXPECT_FALSE(quiet.withdraw(now));
}

}  // namespace
}  // namespace pincer
