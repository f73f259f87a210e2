// One step of the loop: the forward pass over the plan's rows, and what comes of it.
#include <algorithm>
#include <bit>
#include <utility>

#include "engine/generate/context_shift.h"
#include "engine/generate/sequence_blocks.h"
#include "engine/generate/step_loop.h"

namespace pincer {
namespace {

// Before the sequences know of the step's tokens.
StepLoad load_of(std::span<const Chunk> chunks) {
  StepLoad load;
  for (const Chunk& c : chunks) {
    const int count = static_cast<int>(c.tokens.size());
    load.rows += count;
    load.keys += count * (c.position + 0.5 * count);
  }
  return load;
}

constexpr double kTokensGain = 1.0 / 32;  // of StepLoop::tokens_per_step_

// Does not look at the tokens: their sequences may be gone.
StepSummary summary_of(std::span<const Chunk> chunks, const StepLoad& load) {
  StepSummary summary;
  summary.sequences = static_cast<std::uint32_t>(chunks.size());
  summary.rows = static_cast<std::uint32_t>(load.rows);
  summary.sampled = static_cast<std::uint32_t>(load.sampled);
  summary.keys = static_cast<std::int64_t>(load.keys);
  for (const Chunk& c : chunks)
    summary.context += c.position + static_cast<std::int64_t>(c.tokens.size());
  return summary;
}

}  // namespace

void StepLoop::step(const StepPlan& plan) {
  std::vector<TokenChoice> choices;
  std::vector<PooledRows> pooled;
  const std::int64_t prompt_tokens = stats_.prompt_tokens;
  const std::vector<Chunk> chunks = gather(plan, choices, pooled);
  if (chunks.empty()) return;
  StepLoad load = load_of(chunks);
  recorder_.lap(StepSpan::schedule);
  const Turn turn(options_.turns.get());
  recorder_.lap(StepSpan::wait);
  const auto start = Sequence::Clock::now();
  forward_.set_trace(recorder_.layers());
  forward_.run(chunks);
  if (weights_lost()) return;
  // Before the news of it: who hears them may look.
  count_batch(chunks.size());
  ++stats_.steps;
  for (const auto& rows : plan.rows) {
    Sequence& s = *active_[static_cast<std::size_t>(rows.sequence)];
    if (rows.drafts == 0) keep_blocks(s, kv_);  // those of guesses are final once they are verified
  }
  pool(pooled);
  if (!choices.empty()) {
    std::vector<int> rows;
    for (TokenChoice& c : choices) {
      const int first = std::exchange(c.row, static_cast<int>(rows.size()));
      for (int i = 0; i <= c.drafts; ++i) rows.push_back(first + i);
    }
    load.sampled = static_cast<int>(rows.size());
    const auto logits = forward_.logits(rows);
    recorder_.lap(StepSpan::forward);
    choose_tokens(choices, logits, arena_);
    recorder_.lap(StepSpan::sample);
  }
  recorder_.lap(StepSpan::forward);
  const auto end = Sequence::Clock::now();
  cost_.observe(load, std::chrono::duration<double, std::milli>(end - start).count());
  stats_.step_ns += std::chrono::nanoseconds(end - start).count();
  const std::int64_t generated = stats_.generated_tokens;
  deliver(choices);
  if (!choices.empty()) {
    const double each = static_cast<double>(stats_.generated_tokens - generated) /
                        static_cast<double>(choices.size());
    tokens_per_step_ += kTokensGain * (std::max(each, 1.0) - tokens_per_step_);
  }
  recorder_.lap(StepSpan::deliver);
  if (recorder_.on()) {
    StepSummary summary = summary_of(chunks, load);
    summary.prompt_rows = static_cast<std::uint32_t>(stats_.prompt_tokens - prompt_tokens);
    for (const auto& rows : plan.rows) summary.drafts += static_cast<std::uint32_t>(rows.drafts);
    summary.waiting = static_cast<std::uint32_t>(waiting_.size());
    recorder_.end(summary);
  }
}

void StepLoop::count_batch(std::size_t sequences) {
  const auto size_class = static_cast<std::size_t>(std::bit_width(sequences - 1));
  ++stats_.batch_sizes[std::min(size_class, EngineStats::kBatchClasses - 1)];
  stats_.batch_sum += static_cast<std::int64_t>(sequences);
}

std::vector<Chunk> StepLoop::gather(const StepPlan& plan, std::vector<TokenChoice>& choices,
                                    std::vector<PooledRows>& pooled) {
  std::vector<Chunk> chunks;
  int row = 0;
  for (const auto& [index, count, drafts] : plan.rows) {
    Sequence& s = *active_[static_cast<std::size_t>(index)];
    const int known = static_cast<int>(s.tokens.size());
    std::vector<TokenId>& proposed = s.proposal.tokens;
    proposed.resize(static_cast<std::size_t>(drafts));
    s.tokens.insert(s.tokens.end(), proposed.begin(), proposed.end());
    if (!take_blocks(s, s.computed + count, kv_)) {
      s.tokens.resize(static_cast<std::size_t>(known));
      continue;
    }
    chunks.push_back({std::span(s.tokens).subspan(static_cast<std::size_t>(s.computed),
                                                  static_cast<std::size_t>(count)),
                      s.computed, s.blocks});
    row += count;
    stats_.prompt_tokens += std::max(0, std::min(s.computed + count, s.prompt_tokens) - s.computed);
    s.computed += count;
    charge_prompt(s);
    if (s.request.embed) {
      pooled.push_back({&s, row - count, count});
    } else if (s.computed >= known) {
      choices.push_back({&s, row - 1 - drafts, drafts, known, {}, 0});
    }
  }
  return chunks;
}

// What is computed again after a preemption is not the client's doing.
void StepLoop::charge_prompt(Sequence& s) {
  const int computed = std::min(s.computed, s.prompt_tokens);
  if (computed <= s.charged) return;
  shares_.served(s.client, ClientShares::kPromptWeight * (computed - s.charged));
  s.charged = computed;
}

void StepLoop::deliver(std::vector<TokenChoice>& choices) {
  std::vector<const Sequence*> ended;
  for (TokenChoice& c : choices) {
    if (deliver(c)) ended.push_back(c.sequence);
  }
  erase_active(ended);
}

void StepLoop::erase_active(std::span<const Sequence* const> ended) {
  std::erase_if(active_, [&](const std::unique_ptr<Sequence>& s) {
    return std::find(ended.begin(), ended.end(), s.get()) != ended.end();
  });
}

void StepLoop::pool(std::span<const PooledRows> pooled) {
  std::vector<const Sequence*> ended;
  for (const PooledRows& rows : pooled) {
    add_states(rows, model_.config, forward_);
    Sequence& s = *rows.sequence;
    if (s.computed < s.prompt_tokens) continue;
    s.first_token = Sequence::Clock::now();
    finish(s, FinishReason::stop);
    ended.push_back(&s);
  }
  erase_active(ended);
}

// The slots of drafts that were wrong are behind `computed` again, and overwritten.
bool StepLoop::deliver(TokenChoice& c) {
  Sequence& s = *c.sequence;
  s.tokens.resize(static_cast<std::size_t>(c.known));
  s.drafted += c.drafts;
  s.accepted += c.accepted;
  stats_.drafted += c.drafts;
  stats_.accepted += c.accepted;
  speculator_.verified(s, c.known, c.accepted);
  const int valid = c.known + c.accepted;
  const int dropped = s.dropped;
  for (GeneratedToken& token : c.tokens) {
    s.computed = std::min(valid, static_cast<int>(s.tokens.size()));
    const bool complete = c.complete && &token == &c.tokens.back();
    if (accept(s, std::move(token), complete)) return true;
  }
  if (!c.error.empty()) {
    finish(s, FinishReason::refused, std::move(c.error));
    return true;
  }
  if (s.dropped != dropped) return false;  // the context was shifted: other tokens, other blocks
  s.computed = valid;
  keep_blocks(s, kv_);
  return false;
}

bool StepLoop::accept(Sequence& s, GeneratedToken token, bool complete) {
  if (s.first_token == Sequence::Clock::time_point{}) s.first_token = Sequence::Clock::now();
  const auto& ends = options_.end_tokens;
  if (!s.request.ignore_end && std::find(ends.begin(), ends.end(), token.id) != ends.end()) {
    finish(s, FinishReason::stop);
    return true;
  }
  s.tokens.push_back(token.id);
  ++stats_.generated_tokens;
  shares_.served(s.client, ClientShares::kOutputWeight);
  s.request.stream->push(std::move(token));
  if (complete) {
    finish(s, FinishReason::stop);
    return true;
  }
  if (s.request.max_tokens >= 0 && s.generated() >= s.request.max_tokens) {
    finish(s, FinishReason::length);
    return true;
  }
  return !make_room(s);
}

bool StepLoop::make_room(Sequence& s) {
  if (static_cast<int>(s.tokens.size()) < options_.context) return true;
  if (options_.context_shift || s.request.context_shift) {
    const int keep = s.request.context_shift ? s.request.context_keep : options_.context_keep;
    if (shift_context(s, keep, kv_)) {
      // What guesses were made from is another text now.
      speculator_.release(s);
      s.lookup = {};
      return true;
    }
  }
  s.context_full = true;
  finish(s, FinishReason::length);
  return false;
}

}  // namespace pincer
