#include "engine/schedule/scheduler.h"

#include <algorithm>
#include <optional>

#include "engine/kv/kv_cache.h"
#include "engine/schedule/chunk_budget.h"
#include "engine/schedule/rank.h"

namespace pincer {
namespace {

// Blocks that a sequence lacks to have `computed` tokens in the cache.
int missing_blocks(const SequenceState& s, int computed) {
  return std::max(0, KvCache::blocks_for(computed) - s.blocks);
}

bool decoding(const SequenceState& s) { return s.computed > 0 && s.tokens - s.computed == 1; }

std::size_t index(int i) { return static_cast<std::size_t>(i); }

class Planner {
 public:
  Planner(const StepInput& input, const SchedulerLimits& limits, const StepCost& cost,
          const ClientShares& shares)
      : input_(input),
        limits_(limits),
        cost_(cost),
        shares_(shares),
        active_(input.active.begin(), input.active.end()),
        free_(input.free_blocks),
        standing_(input.active, shares),
        levels_(input, limits, shares) {}

  StepPlan plan() {
    if (!decode()) return preempt_last();
    add_drafts();
    admit();
    if (!plan_.preempt.empty()) return plan_;
    prefill();
    if (plan_.rows.empty()) return preempt_last();
    return plan_;
  }

 private:
  bool decode();
  void add_drafts();
  void admit();
  void prefill();
  std::optional<int> best_waiting() const;
  bool precedes_prompts(const SequenceState& s, int level) const;
  bool fits(const SequenceState& s, std::size_t places_used, int free) const;
  void make_room_for(const SequenceState& s);
  StepPlan preempt_last() const;
  bool is_computed_by_another(const SequenceState& s) const;
  bool grow(SequenceState& s, int computed);
  bool decodes(int i) const;
  int pending_blocks() const;
  int pending_tokens() const;

  const StepInput& input_;
  const SchedulerLimits& limits_;
  const StepCost& cost_;
  const ClientShares& shares_;
  std::vector<SequenceState> active_;
  std::vector<bool> admitted_ = std::vector<bool>(input_.waiting.size());
  int free_;
  Standing standing_;
  Levels levels_;
  StepLoad decoding_;  // the rows of decoding sequences
  StepPlan plan_;
};

// False when there are not enough blocks.
bool Planner::grow(SequenceState& s, int computed) {
  const int need = missing_blocks(s, computed);
  if (need > free_) return false;
  free_ -= need;
  s.blocks += need;
  return true;
}

// One that is admitted only now does not decode yet, though its last token may be all that is left
// to compute of a prompt that was there before.
bool Planner::decodes(int i) const {
  return index(i) < input_.active.size() && decoding(active_[index(i)]);
}

// Blocks and tokens that sequences in the middle of their prompts still need.
int Planner::pending_blocks() const {
  int blocks = 0;
  for (int i = 0; i < static_cast<int>(active_.size()); ++i) {
    const SequenceState& s = active_[index(i)];
    if (!decodes(i)) blocks += missing_blocks(s, s.tokens);
  }
  return blocks;
}

int Planner::pending_tokens() const {
  int tokens = 0;
  for (int i = 0; i < static_cast<int>(active_.size()); ++i) {
    const SequenceState& s = active_[index(i)];
    if (!decodes(i)) tokens += s.tokens - s.computed;
  }
  return tokens;
}

bool Planner::is_computed_by_another(const SequenceState& s) const {
  return s.next_block != 0 && std::ranges::any_of(active_, [&](const SequenceState& a) {
           return a.next_block == s.next_block;
         });
}

bool Planner::decode() {
  for (int i = 0; i < static_cast<int>(active_.size()); ++i) {
    SequenceState& s = active_[index(i)];
    if (!decoding(s)) continue;
    if (!grow(s, s.tokens)) return false;
    plan_.rows.push_back({i, 1, 0});
  }
  return true;
}

// As far as there are blocks that nobody waits for: nobody is preempted for a guess.
void Planner::add_drafts() {
  const int pending = pending_blocks();
  for (StepPlan::Rows& rows : plan_.rows) {
    SequenceState& s = active_[index(rows.sequence)];
    const int room = (s.blocks + std::max(0, free_ - pending)) * kernels::kKvBlockTokens - s.tokens;
    rows.drafts = std::clamp(s.drafts, 0, std::max(0, room));
    rows.count = 1 + rows.drafts;
    grow(s, s.tokens + rows.drafts);
    decoding_.rows += rows.count;
    decoding_.sampled += rows.count;
    decoding_.keys += static_cast<double>(rows.count) * s.tokens;
  }
}

std::optional<int> Planner::best_waiting() const {
  std::optional<int> best;
  for (int i = 0; i < static_cast<int>(input_.waiting.size()); ++i) {
    const SequenceState& s = input_.waiting[index(i)];
    if (admitted_[index(i)] || is_computed_by_another(s)) continue;
    if (best) {
      const SequenceState& b = input_.waiting[index(*best)];
      if (!standing_.before(s, levels_(s.priority), b, levels_(b.priority))) continue;
    }
    best = i;
  }
  return best;
}

bool Planner::precedes_prompts(const SequenceState& s, int level) const {
  for (int i = 0; i < static_cast<int>(active_.size()); ++i) {
    const SequenceState& a = active_[index(i)];
    if (!decodes(i) && !standing_.before(s, level, a, a.level)) return false;
  }
  return true;
}

// Whole prompts only: half a prompt's blocks help nobody. One that was preempted comes back when
// those that run have some more blocks to grow into, the more the oftener it happened: otherwise it
// would soon be preempted again.
bool Planner::fits(const SequenceState& s, std::size_t places_used, int free) const {
  if (places_used >= static_cast<std::size_t>(limits_.max_active)) return false;
  const int headroom = static_cast<int>(places_used) * std::min(s.preemptions, 4);
  return missing_blocks(s, s.tokens) + headroom <= free;
}

// The best of those that wait, one after another, while there is time for their prompts, or none
// that should get it before them. Where the best one finds no room, a smaller one must not overtake
// it.
void Planner::admit() {
  while (const std::optional<int> best = best_waiting()) {
    SequenceState s = input_.waiting[index(*best)];
    s.level = levels_(s.priority);
    if (pending_tokens() >= limits_.prefill_chunk && !precedes_prompts(s, s.level)) return;
    if (!fits(s, active_.size(), free_ - pending_blocks())) return make_room_for(s);
    admitted_[index(*best)] = true;
    plan_.admit.push_back({*best, s.level});
    standing_.add_place(s.client, 1);
    standing_.charge(s.client, ClientShares::kPromptWeight * (s.tokens - s.computed));
    active_.push_back(s);
  }
}

// Preempts as few as it takes of those that `s` may replace, or nobody.
void Planner::make_room_for(const SequenceState& s) {
  const std::size_t running = input_.active.size();
  std::vector<int> candidates;
  for (int i = 0; i < static_cast<int>(running); ++i) candidates.push_back(i);
  std::ranges::sort(candidates, [&](int a, int b) {
    return preempted_before(active_[index(a)], active_[index(b)]);
  });
  Standing standing = standing_;
  int free = free_ - pending_blocks();
  std::size_t places = active_.size();
  std::vector<int> victims;
  for (const int i : candidates) {
    const SequenceState& v = active_[index(i)];
    if (!may_replace(s, v, standing, input_.now_s, limits_)) continue;
    standing.add_place(v.client, -1);
    victims.push_back(i);
    --places;
    free += v.blocks + (decodes(i) ? 0 : missing_blocks(v, v.tokens));
    if (!fits(s, places, free)) continue;
    std::ranges::sort(victims);
    plan_ = {};
    plan_.preempt = std::move(victims);
    return;
  }
}

void Planner::prefill() {
  std::vector<int> prompts;
  for (int i = 0; i < static_cast<int>(active_.size()); ++i) {
    if (!decodes(i)) prompts.push_back(i);
  }
  const Standing standing(active_, shares_);  // without what admission charged for whole prompts
  std::ranges::stable_sort(prompts, [&](int a, int b) {
    const SequenceState &x = active_[index(a)], &y = active_[index(b)];
    return standing.before(x, x.level, y, y.level);
  });
  ChunkBudget budget(decoding_, limits_, cost_);
  for (const int i : prompts) {
    SequenceState& s = active_[index(i)];
    const int count = budget.fits(s.computed, s.tokens - s.computed);
    if (count <= 0) return;
    if (!grow(s, s.computed + count)) continue;
    plan_.rows.push_back({i, count, 0});
    budget.take(s.computed, count);
  }
}

// Nothing can run, or a decoding sequence finds no block.
StepPlan Planner::preempt_last() const {
  StepPlan plan;
  if (input_.active.size() < 2) return plan;
  const auto last = std::ranges::min_element(input_.active, preempted_before);
  plan.preempt.push_back(static_cast<int>(last - input_.active.begin()));
  return plan;
}

}  // namespace

StepPlan plan_step(const StepInput& input, const SchedulerLimits& limits, const StepCost& cost,
                   const ClientShares& shares) {
  return Planner(input, limits, cost, shares).plan();
}

}  // namespace pincer
