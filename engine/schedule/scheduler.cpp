#include "engine/schedule/scheduler.h"

#include <algorithm>

#include "engine/kv/kv_cache.h"

namespace pincer {
namespace {

// Blocks that a sequence lacks to have `computed` tokens in the cache.
int missing_blocks(const SequenceState& s, int computed) {
  return std::max(0, KvCache::blocks_for(computed) - s.blocks);
}

bool decoding(const SequenceState& s) { return s.computed > 0 && s.tokens - s.computed == 1; }

class Planner {
 public:
  Planner(std::span<const SequenceState> active, int free_blocks, const SchedulerLimits& limits)
      : active_(active.begin(), active.end()), free_(free_blocks), limits_(limits) {}

  // False when a decoding sequence finds no block.
  bool decode() {
    for (int i = 0; i < static_cast<int>(active_.size()); ++i) {
      if (!decoding(active_[static_cast<std::size_t>(i)])) continue;
      if (!run(i, 1)) return false;
      any_decoding_ = true;
    }
    budget_ = any_decoding_ ? limits_.decode_chunk : limits_.prefill_chunk;
    return true;
  }

  void prefill(std::size_t from) {
    for (std::size_t i = from; i < active_.size() && budget_ > 0; ++i) {
      if (!decoding(active_[i])) prefill_one(i);
    }
  }

  // Whole prompts only: half a prompt's blocks help nobody.
  void admit(std::span<const SequenceState> waiting) {
    for (int i = 0; i < static_cast<int>(waiting.size()); ++i) {
      const SequenceState& s = waiting[static_cast<std::size_t>(i)];
      if (static_cast<int>(active_.size()) >= limits_.max_active || budget_ <= 0) return;
      if (is_computed_by_another(s)) continue;
      if (missing_blocks(s, s.tokens) > free_ - reserved()) return;
      active_.push_back(s);
      plan_.admit.push_back(i);
      // One token may be all that is left to compute of a prompt that was there before.
      prefill_one(active_.size() - 1);
    }
  }

  StepPlan& plan() { return plan_; }

 private:
  void prefill_one(std::size_t i) {
    const int count = std::min(budget_, active_[i].tokens - active_[i].computed);
    if (run(static_cast<int>(i), count)) budget_ -= count;
  }

  bool is_computed_by_another(const SequenceState& s) const {
    return s.next_block != 0 && std::ranges::any_of(active_, [&](const SequenceState& a) {
             return a.next_block == s.next_block;
           });
  }

  bool run(int i, int count) {
    SequenceState& s = active_[static_cast<std::size_t>(i)];
    const int need = missing_blocks(s, s.computed + count);
    if (need > free_) return false;
    free_ -= need;
    s.blocks += need;
    plan_.rows.push_back({i, count});
    return true;
  }

  // Blocks that sequences in the middle of their prompts still need.
  int reserved() const {
    int blocks = 0;
    for (const SequenceState& s : active_) blocks += missing_blocks(s, s.tokens);
    return blocks;
  }

  std::vector<SequenceState> active_;
  int free_;
  const SchedulerLimits& limits_;
  StepPlan plan_;
  int budget_ = 0;
  bool any_decoding_ = false;
};

}  // namespace

StepPlan plan_step(std::span<const SequenceState> active, std::span<const SequenceState> waiting,
                   int free_blocks, const SchedulerLimits& limits) {
  Planner planner(active, free_blocks, limits);
  const bool decodes = planner.decode();
  if (decodes) {
    planner.prefill(0);
    planner.admit(waiting);
  }
  StepPlan plan = std::move(planner.plan());
  if ((!decodes || plan.rows.empty()) && active.size() > 1) {
    plan = {};
    plan.preempt.push_back(static_cast<int>(active.size()) - 1);
  }
  return plan;
}

}  // namespace pincer
