#include "engine/generate/step_loop.h"

#include <algorithm>
#include <utility>

#include "engine/generate/context_shift.h"
#include "engine/generate/sequence_blocks.h"

namespace pincer {

StepLoop::StepLoop(const Model& model, KvCache cache, const EngineOptions& options, Inbox& inbox,
                   EngineStats& stats)
    : model_(model),
      options_(options),
      inbox_(inbox),
      stats_(stats),
      arena_(options.threads),
      kv_(std::move(cache), options.prefix_cache),
      limits_{options.max_active, options.prefill_chunk, std::max(options.prefill_chunk, 512)},
      forward_(model, kv_.cache(), arena_, limits_.prefill_chunk + options.max_active,
               options.trace) {}

void StepLoop::run() {
  while (true) {
    take_requests();
    if (inbox_.stopped()) break;
    drop_cancelled(waiting_);
    drop_cancelled(active_);
    update_gauges();
    if (waiting_.empty() && active_.empty()) continue;
    StepPlan next = plan();
    while (!next.preempt.empty()) {
      preempt(next.preempt);
      next = plan();
    }
    admit(next.admit);
    update_gauges();
    step(next);
    update_gauges();
  }
  take_requests();
  for (List* list : {&waiting_, &active_}) {
    for (auto& s : *list) finish(*s, FinishReason::cancelled);
    list->clear();
  }
  update_gauges();
}

void StepLoop::take_requests() {
  const bool idle = waiting_.empty() && active_.empty();
  for (auto& s : inbox_.take(idle)) waiting_.push_back(std::move(s));
  for (const Inbox::Call& call : inbox_.take_calls()) call(kv_);
}

void StepLoop::drop_cancelled(List& list) {
  std::erase_if(list, [this](const std::unique_ptr<Sequence>& s) {
    if (!s->cancelled()) return false;
    finish(*s, FinishReason::cancelled);
    return true;
  });
}

StepPlan StepLoop::plan() {
  std::vector<SequenceState> active;
  active.reserve(active_.size());
  for (const auto& s : active_) active.push_back(s->state());
  return plan_step(active, waiting_states(), kv_.available(), limits_);
}

std::vector<SequenceState> StepLoop::waiting_states() const {
  // The search takes some microseconds a prompt: not when nobody can be admitted, nor for a queue
  // that is longer than a batch.
  std::size_t searches = static_cast<std::size_t>(limits_.max_active) > active_.size()
                             ? static_cast<std::size_t>(limits_.max_active)
                             : 0;
  std::vector<SequenceState> out;
  for (const auto& s : waiting_) {
    SequenceState& state = out.emplace_back(s->state());
    state.next_block = 0;
    if (!options_.prefix_cache || searches == 0) continue;
    --searches;
    const KvStore::Cached cached = kv_.cached(s->tokens);
    state.computed = cached.tokens;
    state.blocks = cached.blocks;
    state.next_block = s->next_block(cached.tokens);
  }
  return out;
}

void StepLoop::preempt(const std::vector<int>& indices) {
  for (const int i : indices) {
    auto s = std::move(active_[static_cast<std::size_t>(i)]);
    active_.erase(active_.begin() + i);
    drop_blocks(*s, kv_);
    waiting_.push_front(std::move(s));
  }
}

void StepLoop::admit(const std::vector<int>& indices) {
  for (const int i : indices) {
    auto& s = waiting_[static_cast<std::size_t>(i)];
    take_prefix(*s, kv_);
    if (s->scheduled == Sequence::Clock::time_point{}) {
      s->scheduled = Sequence::Clock::now();
      s->cached_tokens = s->computed;
      stats_.cached_prompt_tokens += s->computed;
    }
    active_.push_back(std::move(s));
  }
  std::erase(waiting_, nullptr);
}

void StepLoop::step(const StepPlan& plan) {
  const auto start = Sequence::Clock::now();
  std::vector<TokenChoice> choices;
  const std::vector<Chunk> chunks = gather(plan, choices);
  const Turn turn(options_.turns.get());
  forward_.run(chunks);
  if (weights_lost()) return;
  for (const auto& [index, count] : plan.rows) {
    keep_blocks(*active_[static_cast<std::size_t>(index)], kv_);
  }
  if (!choices.empty()) {
    std::vector<int> rows;
    for (TokenChoice& c : choices) {
      rows.push_back(std::exchange(c.row, static_cast<int>(rows.size())));
    }
    choose_tokens(choices, forward_.logits(rows), arena_);
    deliver(std::move(choices));
  }
  ++stats_.steps;
  stats_.step_ns += std::chrono::nanoseconds(Sequence::Clock::now() - start).count();
}

std::vector<Chunk> StepLoop::gather(const StepPlan& plan, std::vector<TokenChoice>& choices) {
  std::vector<Chunk> chunks;
  int row = 0;
  for (const auto& [index, count] : plan.rows) {
    Sequence& s = *active_[static_cast<std::size_t>(index)];
    take_blocks(s, s.computed + count, kv_);
    chunks.push_back({std::span(s.tokens).subspan(static_cast<std::size_t>(s.computed),
                                                  static_cast<std::size_t>(count)),
                      s.computed, s.blocks});
    row += count;
    stats_.prompt_tokens += std::max(0, std::min(s.computed + count, s.prompt_tokens) - s.computed);
    s.computed += count;
    if (s.computed == static_cast<int>(s.tokens.size())) choices.push_back({&s, row - 1, {}});
  }
  return chunks;
}

void StepLoop::deliver(std::vector<TokenChoice> choices) {
  std::vector<const Sequence*> ended;
  for (TokenChoice& c : choices) {
    if (accept(*c.sequence, std::move(c.token))) ended.push_back(c.sequence);
  }
  std::erase_if(active_, [&](const std::unique_ptr<Sequence>& s) {
    return std::find(ended.begin(), ended.end(), s.get()) != ended.end();
  });
}

bool StepLoop::accept(Sequence& s, GeneratedToken token) {
  if (s.first_token == Sequence::Clock::time_point{}) s.first_token = Sequence::Clock::now();
  const auto& ends = options_.end_tokens;
  if (!s.request.ignore_end && std::find(ends.begin(), ends.end(), token.id) != ends.end()) {
    finish(s, FinishReason::stop);
    return true;
  }
  s.tokens.push_back(token.id);
  ++stats_.generated_tokens;
  s.request.stream->push(std::move(token));
  if (s.request.max_tokens >= 0 && s.generated() >= s.request.max_tokens) {
    finish(s, FinishReason::length);
    return true;
  }
  return !make_room(s);
}

// False, and the sequence is finished, when the context is full and it may not be shifted.
bool StepLoop::make_room(Sequence& s) {
  if (static_cast<int>(s.tokens.size()) < options_.context) return true;
  if (options_.context_shift || s.request.context_shift) {
    const int keep = s.request.context_shift ? s.request.context_keep : options_.context_keep;
    if (shift_context(s, keep, kv_)) return true;
  }
  s.context_full = true;
  finish(s, FinishReason::length);
  return false;
}

void StepLoop::finish(Sequence& s, FinishReason reason) {
  drop_blocks(s, kv_);
  ++(reason == FinishReason::cancelled ? stats_.cancelled : stats_.finished);
  --stats_.in_flight;
  s.request.stream->finish(s.finish(reason));
}

void StepLoop::update_gauges() {
  stats_.active = static_cast<std::int64_t>(active_.size());
  stats_.queued = static_cast<std::int64_t>(waiting_.size());
  stats_.kv_blocks_used = kv_.used();
  stats_.kv_evictions = kv_.evictions();
}

}  // namespace pincer
