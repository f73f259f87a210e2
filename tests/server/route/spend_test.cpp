#include "server/route/spend.h"

#include <gtest/gtest.h>

#include <thread>

namespace pincer {
namespace {

using namespace std::chrono_literals;

const Spend::Time kNoon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + 12h};
const UpstreamUsage kUsage{.prompt_tokens = 1000, .cached_tokens = 400, .completion_tokens = 200};

TEST(Spend, CountsCachedTokensAtTheirOwnPrice) {
  const UpstreamPrice price{.input = 2, .cached_input = 0.5, .output = 10};
  EXPECT_DOUBLE_EQ(cost_usd(price, kUsage), (600 * 2 + 400 * 0.5 + 200 * 10) * 1e-6);
  EXPECT_DOUBLE_EQ(cost_usd(price, {.prompt_tokens = 10, .cached_tokens = 99}), 10 * 0.5e-6);
}

TEST(Spend, LeavesTheLeastOfItsLimits) {
  Spend spend(
      {{.limit_usd = 10, .window = 24h}, {.limit_usd = 12, .window = 24h, .per_key = false}});
  spend.add("a", kUsage, 4, kNoon);
  EXPECT_DOUBLE_EQ(spend.remaining_usd("a", kNoon), 6);
  EXPECT_DOUBLE_EQ(spend.remaining_usd("b", kNoon), 8);  // of what all may spend together
  spend.add("b", kUsage, 7, kNoon);
  EXPECT_DOUBLE_EQ(spend.remaining_usd("a", kNoon), 1);
  spend.add("a", kUsage, 7, kNoon);  // more than there was: it is spent, not negative
  EXPECT_DOUBLE_EQ(spend.remaining_usd("a", kNoon), 0);
  EXPECT_DOUBLE_EQ(Spend({}).remaining_usd("a", kNoon), -1);
}

TEST(Spend, ForgetsAnHourOnceAllOfItIsOutOfTheWindow) {
  Spend spend({{.limit_usd = 10, .window = 24h}});
  spend.add("a", kUsage, 4, kNoon + 59min);
  spend.add("a", kUsage, 1, kNoon + 1h);
  EXPECT_DOUBLE_EQ(spend.remaining_usd("a", kNoon + 25h - 1s), 5);
  EXPECT_DOUBLE_EQ(spend.remaining_usd("a", kNoon + 25h), 9);
  EXPECT_DOUBLE_EQ(spend.remaining_usd("a", kNoon + 26h), 10);
  spend.add("a", kUsage, 3, kNoon + 26h);
  spend.add("a", kUsage, 3, kNoon);  // the clock was set back
  EXPECT_DOUBLE_EQ(spend.remaining_usd("a", kNoon + 26h), 4);
}

TEST(Spend, ReportsByDayAndKey) {
  Spend spend({});
  spend.add("b", kUsage, 1, kNoon);
  spend.add("a", kUsage, 2, kNoon + 24h);
  spend.add("b", kUsage, 4, kNoon + 1h);
  const auto rows = spend.report();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].key, "b");
  EXPECT_EQ(rows[0].day, std::chrono::floor<std::chrono::days>(kNoon));
  EXPECT_EQ(rows[0].requests, 2);
  EXPECT_EQ(rows[0].prompt_tokens, 2000);
  EXPECT_EQ(rows[0].completion_tokens, 400);
  EXPECT_DOUBLE_EQ(rows[0].usd, 5);
  EXPECT_EQ(rows[1].key, "a");
}

TEST(SpendConcurrency, AddsFromManyThreads) {
  Spend spend({{.limit_usd = 1000, .window = 24h}});
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&spend] {
      for (int i = 0; i < 100; ++i) {
        spend.add("a", kUsage, 1, kNoon);
        (void)spend.remaining_usd("a", kNoon);
      }
    });
  }
  threads.clear();
  EXPECT_DOUBLE_EQ(spend.remaining_usd("a", kNoon), 600);
  EXPECT_EQ(spend.report().at(0).requests, 400);
}

}  // namespace
}  // namespace pincer
