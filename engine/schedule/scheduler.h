// Which rows run in the next step. Pure: state in, plan out; the engine carries it out.
//
// Decoding sequences come first, one row each. Prompts are cut into chunks that fill what is left
// of the step, oldest first, so that nobody's tokens wait long for another's prompt. A sequence is
// admitted when its whole prompt fits the free blocks, and when no other one is computing the very
// block that it needs next: it finds that in the cache a step later. When a decoding sequence finds
// no block, the youngest one is preempted: its blocks are dropped and recomputed later.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pincer {

struct SchedulerLimits {
  int max_active = 1;
  int decode_chunk = 256;   // prompt tokens in a step while others decode
  int prefill_chunk = 512;  // prompt tokens in a step otherwise
};

// A sequence as the scheduler sees it.
struct SequenceState {
  int tokens = 0;    // known: prompt and output
  int computed = 0;  // of these, in the KV cache (where it waits: it would find them there); less
                     // than tokens
  int blocks = 0;    // held; where it waits: those of `computed` that others hold
  // Says which tokens its next whole block ends: two sequences with the same value would compute
  // the same block. 0: none, it decodes or less than a block is left.
  std::uint64_t next_block = 0;
};

struct StepPlan {
  struct Rows {
    int sequence;  // index into `active` after admission (admitted ones are appended in order)
    int count;     // tokens from `computed` on
  };
  std::vector<int> preempt;  // indices into `active`: free their blocks, move them to the front of
                             // the queue; then plan again
  std::vector<int> admit;    // indices into `waiting`, ascending
  std::vector<Rows> rows;
};

// `active` in order of arrival, `waiting` in order of the queue. A plan with `preempt` has no rows.
// With anything active or waiting, a plan without `preempt` has rows, provided that the oldest
// sequence alone fits the cache (which submit() checks).
StepPlan plan_step(std::span<const SequenceState> active, std::span<const SequenceState> waiting,
                   int free_blocks, const SchedulerLimits& limits);

}  // namespace pincer
