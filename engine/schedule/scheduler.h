// Which rows run in the next step. Pure: states, costs and the time in, a plan out; the engine
// carries it out. docs/scheduler.md tells the whole story.
//
// Decoding sequences come first, a row each and their proposals. Prompts are cut into chunks that
// fill what the latency target leaves of the step. A sequence is admitted when its whole prompt
// fits the free blocks, and when no other one is computing the very block that it needs next: it
// finds that in the cache a step later. Places, prompts' time and blocks go by level (priority and
// age), then to the client that was served least, then by arrival; who is preempted is found from
// the other end: its blocks are dropped and recomputed later.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/schedule/client_shares.h"
#include "engine/schedule/step_cost.h"

namespace pincer {

struct SchedulerLimits {
  int max_active = 1;
  int prefill_chunk = 512;  // prompt tokens in a step at most
  double target_ms = 50;    // of a step in which anybody decodes
  // A class of priority counts as one higher for each of these that it has waited.
  double aging_s = 10;
  // After this long a client takes a place from one that has at least two more.
  double fair_wait_s = 1;
};

// Prompt tokens that a step computes whatever the target says, so that prompts get on.
inline constexpr int kLeastChunk = 16;

// A sequence as the scheduler sees it.
struct SequenceState {
  int tokens = 0;    // known: prompt and output
  int computed = 0;  // of these, in the KV cache (where it waits: it would find them there); less
                     // than tokens
  int blocks = 0;    // held; where it waits: those of `computed` that others hold
  // Says which tokens its next whole block ends: two sequences with the same value would compute
  // the same block. 0: none, it decodes or less than a block is left.
  std::uint64_t next_block = 0;
  int drafts = 0;  // tokens proposed after the known ones; decoding sequences only
  ClientId client = 0;
  int priority = 0;          // higher is first
  int level = 0;             // active: what it was admitted with; at least the priority
  std::int64_t arrival = 0;  // a number that grows
  double waiting_since_s = 0;
  int preemptions = 0;  // so far
};

struct StepInput {
  std::span<const SequenceState> active, waiting;
  int free_blocks = 0;
  double now_s = 0;
};

struct StepPlan {
  struct Rows {
    int sequence;    // index into `active` after admission (admitted ones are appended in order)
    int count;       // rows: tokens from `computed` on, and the drafts
    int drafts = 0;  // of these rows
  };
  struct Admission {
    int waiting;  // index into `waiting`
    int level;
  };
  std::vector<int> preempt;  // indices into `active`, ascending: free their blocks, let them wait;
                             // then plan again
  std::vector<Admission> admit;
  std::vector<Rows> rows;
};

// A plan with `preempt` has nothing else. With anything active or waiting, a plan without it has
// rows, provided that each sequence alone fits the cache (which submit() checks).
StepPlan plan_step(const StepInput& input, const SchedulerLimits& limits, const StepCost& cost,
                   const ClientShares& shares);

}  // namespace pincer
