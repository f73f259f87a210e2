#include "engine/generate/step_loop.h"

namespace pincer {

StepLoop::StepLoop(const Model& model, KvCache cache, const EngineOptions& options, Inbox& inbox,
                   EngineStats& stats)
    : options_(options),
      inbox_(inbox),
      stats_(stats),
      arena_(options.threads),
      cache_(std::move(cache)),
      limits_{options.max_active, options.prefill_chunk, std::max(options.prefill_chunk, 512)},
      forward_(model, cache_, arena_, limits_.prefill_chunk + options.max_active, options.trace) {}

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
  for (auto& s : inbox_.take(false)) waiting_.push_back(std::move(s));
  for (List* list : {&waiting_, &active_}) {
    for (auto& s : *list) finish(*s, FinishReason::cancelled);
    list->clear();
  }
  update_gauges();
}

void StepLoop::take_requests() {
  const bool idle = waiting_.empty() && active_.empty();
  for (auto& s : inbox_.take(idle)) waiting_.push_back(std::move(s));
}

void StepLoop::drop_cancelled(List& list) {
  std::erase_if(list, [this](const std::unique_ptr<Sequence>& s) {
    if (!s->cancelled()) return false;
    finish(*s, FinishReason::cancelled);
    return true;
  });
}

StepPlan StepLoop::plan() {
  const auto states = [](const List& list) {
    std::vector<SequenceState> out;
    out.reserve(list.size());
    for (const auto& s : list) out.push_back(s->state());
    return out;
  };
  return plan_step(states(active_), states(waiting_), cache_.available(), limits_);
}

void StepLoop::preempt(const std::vector<int>& indices) {
  for (const int i : indices) {
    auto s = std::move(active_[static_cast<std::size_t>(i)]);
    active_.erase(active_.begin() + i);
    free_blocks(*s);
    s->computed = 0;
    waiting_.push_front(std::move(s));
  }
}

void StepLoop::admit(int count) {
  for (int i = 0; i < count; ++i) {
    auto s = std::move(waiting_.front());
    waiting_.pop_front();
    if (s->scheduled == Sequence::Clock::time_point{}) s->scheduled = Sequence::Clock::now();
    active_.push_back(std::move(s));
  }
}

void StepLoop::step(const StepPlan& plan) {
  const auto start = Sequence::Clock::now();
  std::vector<Chunk> chunks;
  std::vector<int> sampled,
      logit_rows;  // sequences whose last known token is in this step, and their rows
  int row = 0;
  for (const auto& [index, count] : plan.rows) {
    Sequence& s = *active_[static_cast<std::size_t>(index)];
    while (static_cast<int>(s.blocks.size()) < KvCache::blocks_for(s.computed + count))
      s.blocks.push_back(cache_.take());
    chunks.push_back({std::span(s.tokens).subspan(static_cast<std::size_t>(s.computed),
                                                  static_cast<std::size_t>(count)),
                      s.computed, s.blocks});
    row += count;
    stats_.prompt_tokens += std::max(0, std::min(s.computed + count, s.prompt_tokens) - s.computed);
    s.computed += count;
    if (s.computed == static_cast<int>(s.tokens.size())) {
      sampled.push_back(index);
      logit_rows.push_back(row - 1);
    }
  }
  forward_.run(chunks);
  if (!sampled.empty()) sample(sampled, forward_.logits(logit_rows));
  ++stats_.steps;
  stats_.step_ns += std::chrono::nanoseconds(Sequence::Clock::now() - start).count();
}

void StepLoop::sample(const std::vector<int>& sequences, kernels::MatrixView<float> logits) {
  struct Choice {
    TokenId token = 0;
    Logprobs logprobs;
  };
  std::vector<Choice> choices(sequences.size());
  arena_.split(static_cast<std::int64_t>(sequences.size()), 1,
               [&](std::int64_t begin, std::int64_t end, int) {
                 std::vector<float> original;
                 for (std::int64_t i = begin; i < end; ++i) {
                   Sequence& s =
                       *active_[static_cast<std::size_t>(sequences[static_cast<std::size_t>(i)])];
                   const std::span<float> row(logits.row(i), static_cast<std::size_t>(logits.cols));
                   if (s.request.want_logprobs) original.assign(row.begin(), row.end());
                   Choice& choice = choices[static_cast<std::size_t>(i)];
                   choice.token = s.sampler.sample(row, s.tokens);
                   if (s.request.want_logprobs)
                     choice.logprobs = logprobs(original, choice.token, s.request.top_logprobs);
                 }
               });
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    auto& s = active_[static_cast<std::size_t>(sequences[i])];
    if (accept(*s, choices[i].token, std::move(choices[i].logprobs))) s.reset();
  }
  std::erase(active_, nullptr);
}

bool StepLoop::accept(Sequence& s, TokenId token, Logprobs logprobs) {
  if (s.first_token == Sequence::Clock::time_point{}) s.first_token = Sequence::Clock::now();
  const auto& ends = options_.end_tokens;
  if (!s.request.ignore_end && std::find(ends.begin(), ends.end(), token) != ends.end()) {
    finish(s, FinishReason::stop);
    return true;
  }
  s.tokens.push_back(token);
  ++stats_.generated_tokens;
  s.request.stream->push({token, std::move(logprobs)});
  const bool full = static_cast<int>(s.tokens.size()) >= options_.context;
  if (full || (s.request.max_tokens >= 0 && s.generated() >= s.request.max_tokens)) {
    finish(s, FinishReason::length);
    return true;
  }
  return false;
}

void StepLoop::finish(Sequence& s, FinishReason reason) {
  free_blocks(s);
  ++(reason == FinishReason::cancelled ? stats_.cancelled : stats_.finished);
  --stats_.in_flight;
  s.request.stream->finish(s.finish(reason));
}

void StepLoop::free_blocks(Sequence& s) {
  for (const int b : s.blocks) cache_.give_back(b);
  s.blocks.clear();
}

void StepLoop::update_gauges() {
  stats_.active = static_cast<std::int64_t>(active_.size());
  stats_.queued = static_cast<std::int64_t>(waiting_.size());
  stats_.kv_blocks_used = cache_.total() - cache_.available();
}

}  // namespace pincer
