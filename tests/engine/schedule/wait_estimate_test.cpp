#include "engine/schedule/wait_estimate.h"

#include <gtest/gtest.h>

#include "tests/engine/schedule/simulation.h"

namespace pincer {
namespace {

using test::SimulatedJob;
using test::Simulation;

// 1 ms for one decoding sequence, 2 for two, and so on; 0.1 ms for a token of a prompt.
Backlog backlog(int max_active) {
  Backlog b;
  b.max_active = max_active;
  b.free_blocks = 1000;
  b.prefill_chunk = 0;
  b.pace = {.prompt_token_ms = 0.1, .single_ms = 1, .pair_ms = 2, .row_ms = 1};
  return b;
}

const Work kShort{.client = 1, .prompt = 10, .output = 10, .blocks = 1};

TEST(WaitEstimate, NobodyWaitsForAFreePlace) {
  Backlog b = backlog(2);
  EXPECT_EQ(wait_seconds(b, kShort), 0);
  b.active = {{.client = 1, .output = 50, .blocks = 2}};
  EXPECT_EQ(wait_seconds(b, kShort), 0);
}

TEST(WaitEstimate, TheFirstToEndMakesRoom) {
  Backlog b = backlog(2);
  b.active = {{.client = 1, .output = 50, .blocks = 2}, {.client = 1, .output = 20, .blocks = 2}};
  EXPECT_DOUBLE_EQ(wait_seconds(b, kShort), 0.020 * 2);
}

TEST(WaitEstimate, GuessesThatComeTrueMakeItShorter) {
  Backlog b = backlog(1);
  b.active = {{.client = 1, .output = 60, .blocks = 2}};
  EXPECT_DOUBLE_EQ(wait_seconds(b, kShort), 0.060);
  b.pace.tokens_per_step = 3;
  EXPECT_DOUBLE_EQ(wait_seconds(b, kShort), 0.020);
}

TEST(WaitEstimate, ThoseAheadComeFirstWithTheirPrompts) {
  Backlog b = backlog(1);
  b.active = {{.client = 1, .prompt = 100, .output = 20, .blocks = 2}};
  b.waiting = {{.client = 1, .prompt = 300, .output = 40, .blocks = 2}};
  EXPECT_DOUBLE_EQ(wait_seconds(b, kShort), (10 + 20 + 30 + 40) / 1000.0);
}

TEST(WaitEstimate, PromptsInProgressThatAreShorterThanAStepKeepNobody) {
  Backlog b = backlog(4);
  b.active = {{.client = 1, .prompt = 500, .output = 20, .blocks = 20}};
  b.prefill_chunk = 512;
  EXPECT_EQ(wait_seconds(b, kShort), 0);
  b.active.push_back({.client = 1, .prompt = 1000, .output = 20, .blocks = 40});
  EXPECT_NEAR(wait_seconds(b, kShort), (1500 - 512) * 0.1 / 1000, 1e-9);
}

TEST(WaitEstimate, BlocksAreWaitedForToo) {
  Backlog b = backlog(8);
  b.free_blocks = 1;
  b.active = {{.client = 1, .output = 10, .blocks = 1}, {.client = 1, .output = 30, .blocks = 5}};
  EXPECT_EQ(wait_seconds(b, kShort), 0);
  EXPECT_DOUBLE_EQ(wait_seconds(b, {.client = 1, .prompt = 1, .output = 1, .blocks = 4}),
                   (10 * 2 + 20 * 1) / 1000.0);
}

TEST(WaitEstimate, ClientsTakeTurns) {
  Backlog b = backlog(1);
  b.active = {{.client = 1, .output = 10, .blocks = 1}};
  for (int i = 0; i < 100; ++i) b.waiting.push_back({.client = 1, .output = 10, .blocks = 1});
  EXPECT_DOUBLE_EQ(wait_seconds(b, {.client = 1, .output = 1}), 1.010);
  EXPECT_DOUBLE_EQ(wait_seconds(b, {.client = 2, .output = 1}), 0.020);
  b.waiting.push_back({.client = 2, .output = 10, .blocks = 1});
  EXPECT_DOUBLE_EQ(wait_seconds(b, {.client = 2, .output = 1}), 0.040);
}

TEST(WaitEstimate, NothingIsKnownBeforeTheFirstStep) {
  EXPECT_EQ(step_pace(StepCost(), 100, 1).token_ms(5), 0);
}

TEST(WaitEstimate, AskAgainWhenHalfTheWaitIsOver) {
  EXPECT_EQ(retry_seconds(0.3, 0), 1);
  EXPECT_EQ(retry_seconds(30, 0), 15);
  EXPECT_EQ(retry_seconds(30, 20), 20);
}

// At random moments of a workload that queues: what is predicted for the request that comes then,
// beside what it waits.
TEST(WaitEstimate, HoldsForASimulatedMachine) {
  SchedulerLimits limits;
  limits.max_active = 8;
  Simulation sim(4000, limits);
  std::uint64_t random = 5;
  const auto draw = [&random](int below) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int>((random >> 33) % static_cast<unsigned>(below));
  };
  double at = 0, worst = 0;
  int seen = 0;
  for (int i = 0; i < 300; ++i) {
    at += 0.001 * draw(200);
    const auto job = sim.add({.prompt = 1 + draw(600), .output = 1 + draw(200), .arrives_s = at});
    sim.run(at);
    const SimulatedJob& j = sim.jobs[job];
    const double predicted =
        wait_seconds(sim.backlog(), {.prompt = j.prompt,
                                     .output = j.output,
                                     .blocks = KvCache::blocks_for(j.prompt + j.output)});
    sim.jobs[job].predicted_s = predicted;
  }
  sim.run();
  for (const auto& j : sim.jobs) {
    const double waited = j.admitted_s - j.arrives_s;
    if (waited < 2) continue;
    ++seen;
    worst = std::max(worst, std::abs(j.predicted_s / waited - 1));
  }
  ASSERT_GT(seen, 50) << "nobody waited";
  EXPECT_LT(worst, 0.3);
}

}  // namespace
}  // namespace pincer
