#include "engine/schedule/scheduler.h"

#include <gtest/gtest.h>

#include "engine/kv/kv_cache.h"

namespace pincer {
namespace {

constexpr SchedulerLimits kLimits{.max_active = 4, .prefill_chunk = 128, .target_ms = 50};

SequenceState decoding(int tokens) {
  return {.tokens = tokens, .computed = tokens - 1, .blocks = KvCache::blocks_for(tokens - 1)};
}

SequenceState prompt(int tokens, int computed = 0) {
  return {.tokens = tokens, .computed = computed, .blocks = KvCache::blocks_for(computed)};
}

// A machine that takes 10 ms for a step and 0.5 ms for a row.
StepCost cost() {
  StepCost c;
  for (int i = 0; i < 50; ++i) {
    for (const int rows : {1, 2, 8, 64, 128, 256}) c.observe({rows, 1, 0}, 10 + 0.5 * rows);
  }
  return c;
}

// Arrivals are numbered: the active ones first.
StepPlan plan(std::vector<SequenceState> active, std::vector<SequenceState> waiting,
              int free_blocks, const SchedulerLimits& limits = kLimits,
              const ClientShares& shares = {}, double now_s = 0) {
  static const StepCost known = cost();
  std::int64_t arrival = 0;
  for (auto* list : {&active, &waiting}) {
    for (SequenceState& s : *list) s.arrival = arrival++;
  }
  return plan_step({active, waiting, free_blocks, now_s}, limits, known, shares);
}

TEST(Scheduler, NothingToDoIsAnEmptyPlan) {
  const StepPlan p = plan({}, {}, 10);
  EXPECT_TRUE(p.rows.empty());
  EXPECT_TRUE(p.preempt.empty());
  EXPECT_TRUE(p.admit.empty());
}

TEST(Scheduler, EveryDecodingSequenceGetsOneRow) {
  const StepPlan p = plan({decoding(10), decoding(33), decoding(64)}, {}, 10);
  ASSERT_EQ(p.rows.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(p.rows[static_cast<std::size_t>(i)].sequence, i);
    EXPECT_EQ(p.rows[static_cast<std::size_t>(i)].count, 1);
  }
}

TEST(Scheduler, PromptsGetWhatTheTargetLeavesWhileOthersDecode) {
  EXPECT_EQ(plan({}, {prompt(1000)}, 100).rows.at(0).count, 128);
  const StepPlan p = plan({decoding(10)}, {prompt(1000)}, 100);
  ASSERT_EQ(p.rows.size(), 2u);
  // 45 of the 50 ms are aimed at: 10 for the step, half a one for each row.
  EXPECT_NEAR(p.rows[1].count, 64, 8);
  EXPECT_EQ(p.rows[1].count % 16, 0);
}

TEST(Scheduler, ProposalsAreRowsToo) {
  SequenceState s = decoding(10);
  s.drafts = 7;
  const StepPlan p = plan({s, decoding(20)}, {prompt(1000)}, 100);
  ASSERT_EQ(p.rows.size(), 3u);
  EXPECT_EQ(p.rows[0].count, 8);
  EXPECT_EQ(p.rows[0].drafts, 7);
  EXPECT_EQ(p.rows[1].count, 1);
  EXPECT_LE(p.rows[2].count, plan({decoding(10), decoding(20)}, {prompt(1000)}, 100).rows[2].count);
}

TEST(Scheduler, ProposalsTakeNoBlocksThatOthersNeed) {
  SequenceState s = decoding(30);  // 2 free slots in its block
  s.drafts = 20;
  EXPECT_EQ(plan({s}, {}, 10).rows.at(0).drafts, 20);
  EXPECT_EQ(plan({s}, {}, 0).rows.at(0).drafts, 2);
  EXPECT_EQ(plan({s, prompt(64, 32)}, {}, 1).rows.at(0).drafts, 2);
}

TEST(Scheduler, AnOlderPromptComesBeforeANewerOne) {
  const StepPlan p = plan({prompt(500, 128), prompt(500)}, {}, 100);
  ASSERT_EQ(p.rows.size(), 1u);
  EXPECT_EQ(p.rows[0].sequence, 0);
}

TEST(Scheduler, AdmitsInOrderUpToTheLimits) {
  const std::vector<SequenceState> waiting(10, prompt(20));
  EXPECT_EQ(plan({}, waiting, 100).admit.size(), 4u);  // max_active
  EXPECT_EQ(plan({}, waiting, 3).admit.size(), 3u);    // blocks
  EXPECT_TRUE(plan({}, {prompt(1000), prompt(20)}, 10).admit.empty())
      << "a short prompt must not overtake";
}

TEST(Scheduler, APromptInProgressKeepsItsBlocks) {
  // 320 tokens need 10 blocks; 4 are held. The 8 free ones are not for a newcomer of 3 blocks.
  EXPECT_TRUE(plan({prompt(320, 128)}, {prompt(96)}, 8).admit.empty());
}

TEST(Scheduler, TheLeastServedClientComesFirst) {
  ClientShares shares;
  for (const ClientId c : {1, 2}) shares.arrived(c);
  shares.served(1, 100);
  SequenceState first = prompt(20), second = prompt(20);
  first.client = 1;
  second.client = 2;
  const SchedulerLimits one{.max_active = 1};
  const StepPlan p = plan({}, {first, second}, 100, one, shares);
  ASSERT_EQ(p.admit.size(), 1u);
  EXPECT_EQ(p.admit[0].waiting, 1);
}

TEST(Scheduler, OneClientsRequestsDoNotFillAllPlacesWhileAnotherWaits) {
  std::vector<SequenceState> waiting(8, prompt(20));
  for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i].client = i < 6 ? 1 : 2;
  const StepPlan p = plan({}, waiting, 100);
  int of_second = 0;
  for (const auto& [index, level] : p.admit) of_second += index >= 6 ? 1 : 0;
  EXPECT_EQ(p.admit.size(), 4u);
  EXPECT_EQ(of_second, 2);
}

TEST(Scheduler, AHigherPriorityComesFirstAndTakesAPlace) {
  SequenceState urgent = prompt(20);
  urgent.priority = 2;
  const StepPlan first = plan({}, {prompt(20), urgent}, 100, {.max_active = 1});
  ASSERT_EQ(first.admit.size(), 1u);
  EXPECT_EQ(first.admit[0].waiting, 1);
  const StepPlan p = plan({decoding(10), decoding(20)}, {urgent}, 100, {.max_active = 2});
  ASSERT_EQ(p.preempt, std::vector<int>{1});
  SequenceState level = decoding(10);
  level.level = 2;  // by age
  EXPECT_TRUE(plan({level}, {urgent}, 100, {.max_active = 1}).preempt.empty());
}

TEST(Scheduler, AHigherPriorityTakesAsManyBlocksAsItNeedsAndNoMore) {
  SequenceState urgent = prompt(100);  // 4 blocks
  urgent.priority = 1;
  const std::vector<SequenceState> active = {decoding(60), decoding(60), decoding(60)};
  EXPECT_EQ(plan(active, {urgent}, 0).preempt, (std::vector<int>{1, 2}));
  urgent.tokens = 300;
  EXPECT_TRUE(plan(active, {urgent}, 0).preempt.empty()) << "it would not fit even so";
}

TEST(Scheduler, AgeRaisesALowPriority) {
  SequenceState low = prompt(20), high = prompt(20);
  low.priority = -1;
  high.waiting_since_s = 19.9;
  const SchedulerLimits one{.max_active = 1, .aging_s = 10};
  EXPECT_EQ(plan({}, {low, high}, 100, one, {}, 9).admit.at(0).waiting, 1);
  const auto aged = plan({}, {low, high}, 100, one, {}, 20.5);
  EXPECT_EQ(aged.admit.at(0).waiting, 0);
  EXPECT_EQ(aged.admit.at(0).level, 1);
  ClientShares shares;
  shares.admitted(-1, 15);  // one of its class had its turn
  EXPECT_EQ(plan({}, {low, high}, 100, one, shares, 20.5).admit.at(0).waiting, 1);
}

TEST(Scheduler, PreemptsTheYoungestOfTheLowestWhenDecodingFindsNoBlock) {
  std::vector<SequenceState> active = {decoding(33), decoding(40), decoding(50)};
  const StepPlan p = plan(active, {}, 0);
  EXPECT_EQ(p.preempt, std::vector<int>{2});
  EXPECT_TRUE(p.rows.empty());
  active[1].level = -1;
  EXPECT_EQ(plan(active, {}, 0).preempt, std::vector<int>{1});
}

TEST(Scheduler, WhoWasPreemptedComesBackWhenTheOthersHaveRoomToGrow) {
  SequenceState again = prompt(40);
  again.preemptions = 2;
  EXPECT_TRUE(plan({decoding(10)}, {again}, 3).admit.empty());
  EXPECT_EQ(plan({decoding(10)}, {again}, 4).admit.size(), 1u);
  EXPECT_EQ(plan({}, {again}, 2).admit.size(), 1u);
}

std::vector<int> admitted(const StepPlan& p) {
  std::vector<int> out;
  for (const auto& [waiting, level] : p.admit) out.push_back(waiting);
  return out;
}

TEST(Scheduler, WhatAnotherComputesIsWaitedFor) {
  SequenceState same = prompt(200), other = prompt(200);
  same.next_block = 7;
  other.next_block = 8;
  const SchedulerLimits limits{.max_active = 8, .prefill_chunk = 512};
  const std::vector<SequenceState> waiting = {same, same, other, same};
  EXPECT_EQ(admitted(plan({}, waiting, 100, limits)), (std::vector<int>{0, 2}));
  SequenceState active = prompt(200, 64);
  active.next_block = 7;
  EXPECT_EQ(admitted(plan({active}, waiting, 100, limits)), (std::vector<int>{2}));
  SequenceState further = prompt(200, 96);
  further.next_block = 9;
  EXPECT_EQ(admitted(plan({further}, waiting, 100, limits)), (std::vector<int>{0, 2}));
}

TEST(Scheduler, APromptThatIsThereButForItsLastTokenRunsAtOnce) {
  SequenceState there = prompt(200, 199);
  there.blocks = 6;
  const StepPlan p = plan({}, {there}, 3);
  ASSERT_EQ(p.rows.size(), 1u);
  EXPECT_EQ(p.rows[0].count, 1);
  EXPECT_EQ(plan({decoding(20)}, {there}, 3).rows.size(), 2u);
}

}  // namespace
}  // namespace pincer
