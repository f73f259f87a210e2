// The scheduler under whole workloads, on a simulated clock.
#include <gtest/gtest.h>

#include <random>

#include "tests/engine/schedule/simulation.h"

namespace pincer {
namespace {

using test::SimulatedJob;
using test::SimulatedStep;
using test::Simulation;

SchedulerLimits limits(int max_active) {
  SchedulerLimits l;
  l.max_active = max_active;
  return l;
}

TEST(Workload, StepsStayUnderTheTargetWhileOthersDecode) {
  for (const double target : {20.0, 50.0, 120.0}) {
    SchedulerLimits l = limits(8);
    l.target_ms = target;
    Simulation sim(4000, l);
    for (int i = 0; i < 4; ++i) sim.add({.prompt = 100, .output = 3000});
    for (int i = 0; i < 20; ++i) {
      sim.add({.prompt = 4000, .output = 50, .client = 1, .arrives_s = 0.5 + 0.3 * i});
    }
    sim.run();
    int with_prompts = 0, over = 0;
    double used = 0;
    for (const SimulatedStep& step : sim.steps) {
      if (step.decoding == 0 || step.prompt_rows == 0) continue;
      ++with_prompts;
      over += step.ms > target ? 1 : 0;
      used += step.ms;
    }
    ASSERT_GT(with_prompts, 100);
    // The first few are there to learn from.
    EXPECT_LE(over, 5) << "target " << target;
    EXPECT_GT(used / with_prompts, 0.7 * target) << "the target's time is not used";
  }
}

TEST(Workload, AModelThatSlowsDownIsLearntAgain) {
  double factor = 1;
  Simulation sim(4000, limits(8),
                 [&](const StepLoad& load) { return factor * Simulation::usual_ms(load); });
  sim.add({.prompt = 100, .output = 4000});
  for (int i = 0; i < 60; ++i) {
    sim.add({.prompt = 4000, .output = 5, .client = 1, .arrives_s = 0.5});
  }
  sim.run(10);
  factor = 1.8;
  const std::size_t before = sim.steps.size();
  sim.run(25);
  int over = 0;
  for (std::size_t i = before; i < sim.steps.size(); ++i) over += sim.steps[i].ms > 50 ? 1 : 0;
  ASSERT_GT(sim.steps.size(), before + 200);
  EXPECT_LE(over, 20);
}

TEST(Workload, PromptsGetOnWhereDecodingAloneTakesLongerThanTheTarget) {
  SchedulerLimits l = limits(4);
  Simulation sim(1000, l, [](const StepLoad& load) { return 300 + 3.0 * load.rows; });
  sim.add({.prompt = 50, .output = 400});
  const auto late = sim.add({.prompt = 1000, .output = 5, .client = 1, .arrives_s = 1});
  sim.run();
  // A quarter of a step of some 300 ms is 25 rows: 40 steps.
  EXPECT_LT(sim.jobs[late].first_token_s, 1 + 50 * 0.4);
  for (const SimulatedStep& step : sim.steps) {
    if (step.decoding > 0) {
      EXPECT_LT(step.ms, 1.3 * 306);
    }
  }
}

TEST(Workload, NobodyDecodesSoChunksAreWhole) {
  Simulation sim(1000, limits(2));
  sim.add({.prompt = 2048, .output = 1});
  sim.run();
  ASSERT_EQ(sim.steps.size(), 4u);
  for (const SimulatedStep& step : sim.steps) EXPECT_EQ(step.rows, 512);
}

// One client with fifty requests, one with one, that comes when all places are taken.
TEST(Workload, ManyRequestsOfOneClientDoNotHoldUpAnother) {
  Simulation sim(4000, limits(8));
  for (int i = 0; i < 50; ++i) sim.add({.prompt = 200, .output = 1000, .client = 1});
  const auto single = sim.add({.prompt = 200, .output = 20, .client = 2, .arrives_s = 2});
  sim.run();
  EXPECT_LT(sim.jobs[single].first_token_s, 2 + limits(8).fair_wait_s + 0.3);
  EXPECT_LT(sim.jobs[single].done_s, 2 + limits(8).fair_wait_s + 1);
}

TEST(Workload, ClientsThatAlwaysAskGetEqualShares) {
  Simulation sim(4000, limits(6));
  // The first asks with many short requests, the second with long prompts, the third with long
  // answers.
  for (int i = 0; i < 4000; ++i) sim.add({.prompt = 64, .output = 64, .client = 1});
  for (int i = 0; i < 400; ++i) sim.add({.prompt = 1500, .output = 30, .client = 2});
  for (int i = 0; i < 400; ++i) sim.add({.prompt = 20, .output = 600, .client = 3});
  sim.run(120);
  const double mean = (sim.served[1] + sim.served[2] + sim.served[3]) / 3;
  ASSERT_GT(mean, 10000);
  for (ClientId c = 1; c <= 3; ++c) EXPECT_NEAR(sim.served[c], mean, 0.1 * mean) << c;
}

TEST(Workload, ALongPromptDoesNotHoldUpAnotherClientsShortOne) {
  Simulation sim(4000, limits(4));
  sim.add({.prompt = 30000, .output = 5, .client = 1});
  const auto quick = sim.add({.prompt = 60, .output = 1, .client = 2, .arrives_s = 1});
  sim.run();
  EXPECT_LT(sim.jobs[quick].first_token_s, 1.35);  // the step in progress, and its own
}

TEST(Workload, AHigherPriorityRunsAtOnce) {
  Simulation sim(400, limits(4));
  for (int i = 0; i < 12; ++i) sim.add({.prompt = 500, .output = 1500});
  const auto urgent =
      sim.add({.prompt = 500, .output = 20, .client = 1, .priority = 1, .arrives_s = 3});
  sim.run();
  EXPECT_LT(sim.jobs[urgent].first_token_s, 3.5);
  EXPECT_GT(sim.preempted, 0);
  EXPECT_EQ(sim.jobs[urgent].preemptions, 0);
}

TEST(Workload, LowPrioritiesStillMove) {
  Simulation sim(4000, limits(2));
  const auto low = sim.add({.prompt = 100, .output = 200, .client = 1, .priority = -1});
  // Without an end, and more than there are places.
  for (int i = 0; i < 3000; ++i) {
    sim.add({.prompt = 100, .output = 100, .priority = 1, .arrives_s = 0.1 * i});
  }
  sim.run(200);
  ASSERT_GE(sim.jobs[low].done_s, 0) << "starved";
  EXPECT_LT(sim.jobs[low].done_s, 40);  // two levels up after 20 s
}

TEST(Workload, EqualsAreServedInOrder) {
  Simulation sim(1000, limits(1));
  for (int i = 0; i < 6; ++i) sim.add({.prompt = 100, .output = 10});
  sim.run();
  for (std::size_t i = 1; i < 6; ++i) {
    EXPECT_GT(sim.jobs[i].first_token_s, sim.jobs[i - 1].done_s);
  }
  EXPECT_EQ(sim.preempted, 0);
}

// Eight sequences grow to 320 tokens where 40 blocks hold four of them.
TEST(Workload, WhoIsPreemptedDoesNotComeAndGo) {
  Simulation sim(40, limits(8));
  std::int64_t once = 0;
  for (int i = 0; i < 24; ++i) {
    sim.add({.prompt = 60, .output = 260});
    once += 60 + 259;
  }
  sim.run();
  EXPECT_GT(sim.preempted, 0);
  EXPECT_LT(sim.prompt_rows, 1.5 * static_cast<double>(once)) << "computed again and again";
  for (const SimulatedJob& job : sim.jobs) EXPECT_LE(job.preemptions, 6);
}

TEST(Workload, ProposalsNeverPreemptAnybody) {
  Simulation sim(24, limits(4));
  for (int i = 0; i < 4; ++i) sim.add({.prompt = 32, .output = 150, .drafts = 31});
  sim.run();
  EXPECT_EQ(sim.preempted, 0);  // 4 x 182 tokens fit 24 blocks
}

TEST(Workload, RandomLoadsFinishAndLoseNothing) {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](int n) {
      return static_cast<int>(random() % static_cast<unsigned>(std::max(1, n)));
    };
    const int blocks = 3 + below(60);
    SchedulerLimits l = limits(1 + below(8));
    l.prefill_chunk = 16 + below(512);
    l.target_ms = 5 + below(80);
    l.aging_s = 0.1 + 0.1 * below(50);
    l.fair_wait_s = 0.1 * below(20);
    Simulation sim(blocks, l);
    for (int i = 0; i < 40; ++i) {
      const int total = 2 + below(blocks * 32 - 2);
      const int prompt = 1 + below(total - 1);
      sim.add({.prompt = prompt,
               .output = total - prompt,
               .client = static_cast<ClientId>(below(4)),
               .priority = below(4) - 2,
               .arrives_s = 0.05 * below(100),
               .drafts = below(3) == 0 ? below(20) : 0});
    }
    ASSERT_NO_FATAL_FAILURE(sim.run());
    for (const SimulatedJob& job : sim.jobs) EXPECT_GE(job.done_s, 0);
  }
}

}  // namespace
}  // namespace pincer
