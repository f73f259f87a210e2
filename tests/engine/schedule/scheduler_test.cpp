#include "engine/schedule/scheduler.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/kv/kv_cache.h"

namespace pincer {
namespace {

constexpr SchedulerLimits kLimits{.max_active = 4, .decode_chunk = 64, .prefill_chunk = 128};

SequenceState decoding(int tokens) { return {tokens, tokens - 1, KvCache::blocks_for(tokens - 1)}; }

TEST(Scheduler, NothingToDoIsAnEmptyPlan) {
  const StepPlan plan = plan_step({}, {}, 10, kLimits);
  EXPECT_TRUE(plan.rows.empty());
  EXPECT_TRUE(plan.preempt.empty());
  EXPECT_TRUE(plan.admit.empty());
}

TEST(Scheduler, EveryDecodingSequenceGetsOneRow) {
  const std::vector<SequenceState> active = {decoding(10), decoding(33), decoding(64)};
  const StepPlan plan = plan_step(active, {}, 10, kLimits);
  ASSERT_EQ(plan.rows.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(plan.rows[static_cast<std::size_t>(i)].sequence, i);
    EXPECT_EQ(plan.rows[static_cast<std::size_t>(i)].count, 1);
  }
}

TEST(Scheduler, PromptsGetSmallerChunksWhileOthersDecode) {
  const std::vector<SequenceState> waiting = {{1000, 0, 0}};
  EXPECT_EQ(plan_step({}, waiting, 100, kLimits).rows.at(0).count, 128);
  const std::vector<SequenceState> active = {decoding(10)};
  const StepPlan plan = plan_step(active, waiting, 100, kLimits);
  ASSERT_EQ(plan.rows.size(), 2u);
  EXPECT_EQ(plan.rows[1].count, 64);
}

TEST(Scheduler, AnOlderPromptComesBeforeANewerOne) {
  const std::vector<SequenceState> active = {{500, 128, 4}, {500, 0, 0}};
  const StepPlan plan = plan_step(active, {}, 100, kLimits);
  ASSERT_EQ(plan.rows.size(), 1u);
  EXPECT_EQ(plan.rows[0].sequence, 0);
}

TEST(Scheduler, AdmitsInOrderUpToTheLimits) {
  const std::vector<SequenceState> waiting(10, {20, 0, 0});
  EXPECT_EQ(plan_step({}, waiting, 100, kLimits).admit.size(), 4u);  // max_active
  EXPECT_EQ(plan_step({}, waiting, 3, kLimits).admit.size(), 3u);    // blocks
  const std::vector<SequenceState> long_first = {{1000, 0, 0}, {20, 0, 0}};
  EXPECT_TRUE(plan_step({}, long_first, 10, kLimits).admit.empty())
      << "a short prompt must not overtake";
}

TEST(Scheduler, APromptInProgressKeepsItsBlocks) {
  // 320 tokens need 10 blocks; 4 are held. The 8 free ones are not for a newcomer of 3 blocks.
  const std::vector<SequenceState> active = {{320, 128, 4}}, waiting = {{96, 0, 0}};
  EXPECT_TRUE(plan_step(active, waiting, 8, {4, 64, 16}).admit.empty());
}

TEST(Scheduler, PreemptsTheYoungestWhenDecodingFindsNoBlock) {
  const std::vector<SequenceState> active = {decoding(33), decoding(40), decoding(50)};
  const StepPlan plan = plan_step(active, {}, 0, kLimits);
  ASSERT_EQ(plan.preempt.size(), 1u);
  EXPECT_EQ(plan.preempt[0], 2);
  EXPECT_TRUE(plan.rows.empty());
}

TEST(Scheduler, WhatAnotherComputesIsWaitedFor) {
  SequenceState same{200, 0, 0, 7}, other{200, 0, 0, 8};
  const SchedulerLimits limits{.max_active = 8, .decode_chunk = 512, .prefill_chunk = 512};
  const std::vector<SequenceState> waiting = {same, same, other, same};
  EXPECT_EQ(plan_step({}, waiting, 100, limits).admit, (std::vector<int>{0, 2}));
  const std::vector<SequenceState> active = {{200, 64, 2, 7}};
  EXPECT_EQ(plan_step(active, waiting, 100, limits).admit, (std::vector<int>{2}));
  const std::vector<SequenceState> further = {{200, 96, 3, 9}};
  EXPECT_EQ(plan_step(further, waiting, 100, limits).admit, (std::vector<int>{0, 2}));
}

TEST(Scheduler, APromptThatIsThereButForItsLastTokenRunsAtOnce) {
  const std::vector<SequenceState> waiting = {{200, 199, 6}};
  const StepPlan plan = plan_step({}, waiting, 3, kLimits);
  ASSERT_EQ(plan.rows.size(), 1u);
  EXPECT_EQ(plan.rows[0].count, 1);
}

// Carries plans out on random loads: everything finishes, and no block is used twice.
TEST(Scheduler, RandomLoadsAlwaysFinish) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const int total = 4 + static_cast<int>(random() % 30);
    const int longest = total * 32;
    struct Job {
      SequenceState state;
      int end;
    };
    std::vector<Job> waiting, active;
    for (int i = 0; i < 12; ++i) {
      const int end = 2 + static_cast<int>(random() % static_cast<unsigned>(longest - 2));
      waiting.push_back(
          {{1 + static_cast<int>(random() % static_cast<unsigned>(end - 1)), 0, 0}, end});
    }
    int free_blocks = total;
    for (int step = 0; !(waiting.empty() && active.empty()); ++step) {
      ASSERT_LT(step, 100000) << "no progress";
      const auto states = [](const std::vector<Job>& jobs) {
        std::vector<SequenceState> out;
        for (const Job& j : jobs) out.push_back(j.state);
        return out;
      };
      const StepPlan plan = plan_step(states(active), states(waiting), free_blocks, kLimits);
      for (const int i : plan.preempt) {
        Job job = active[static_cast<std::size_t>(i)];
        active.erase(active.begin() + i);
        free_blocks += job.state.blocks;
        job.state.blocks = job.state.computed = 0;
        waiting.insert(waiting.begin(), job);
      }
      if (!plan.preempt.empty()) continue;
      for (const int i : plan.admit) active.push_back(waiting[static_cast<std::size_t>(i)]);
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<int>(plan.admit.size()));
      ASSERT_LE(active.size(), 4u);
      ASSERT_FALSE(plan.rows.empty());
      int rows = 0;
      for (const auto& [index, count] : plan.rows) {
        Job& job = active[static_cast<std::size_t>(index)];
        rows += count;
        job.state.computed += count;
        const int need = KvCache::blocks_for(job.state.computed) - job.state.blocks;
        free_blocks -= std::max(0, need);
        job.state.blocks += std::max(0, need);
        ASSERT_GE(free_blocks, 0);
        ASSERT_LE(job.state.computed, job.state.tokens);
        if (job.state.computed == job.state.tokens) ++job.state.tokens;
      }
      ASSERT_LE(rows, 128 + 4);
      std::erase_if(active, [&](const Job& job) {
        if (job.state.tokens < job.end) return false;
        free_blocks += job.state.blocks;
        return true;
      });
    }
    EXPECT_EQ(free_blocks, total);
  }
}

}  // namespace
}  // namespace pincer
