#include "engine/generate/step_loop.h"

#include <algorithm>
#include <utility>

#include "engine/generate/sequence_blocks.h"

namespace pincer {
namespace {

// Waiting prompts that are looked up in the prefix cache for a plan; those behind them compute
// everything if they are admitted at once.
constexpr std::size_t kMostSearches = 64;

SchedulerLimits limits_of(const EngineOptions& options) {
  SchedulerLimits limits;
  limits.max_active = options.max_active;
  limits.prefill_chunk = options.prefill_chunk;
  limits.target_ms = options.step_target_ms;
  return limits;
}

}  // namespace

StepLoop::StepLoop(const Model& model, KvCache cache, std::optional<KvCache> draft,
                   const EngineOptions& options, Inbox& inbox, EngineStats& stats,
                   BacklogBoard& backlog, StepTrace& trace)
    : model_(model),
      options_(options),
      inbox_(inbox),
      stats_(stats),
      backlog_(backlog),
      arena_(options.threads),
      kv_(std::move(cache), options.prefix_cache),
      limits_(limits_of(options)),
      forward_(model, kv_.cache(), arena_,
               options.prefill_chunk + options.max_active + Speculator::kMostRows),
      speculator_(options, std::move(draft), arena_),
      recorder_(trace, model.config.layers) {}

void StepLoop::run() {
  while (true) {
    publish_backlog();
    take_requests(waiting_.empty() && active_.empty());
    ++stats_.turns;
    if (inbox_.stopped()) break;
    recorder_.begin();
    drop_cancelled(waiting_);
    drop_cancelled(active_);
    update_gauges();
    if (waiting_.empty() && active_.empty()) continue;
    recorder_.lap(StepSpan::schedule);
    speculate();
    recorder_.lap(StepSpan::guess);
    StepPlan next = plan();
    while (!next.preempt.empty()) {
      preempt(next.preempt);
      next = plan();
    }
    admit(next.admit);
    update_gauges();
    publish_backlog();
    step(next);
    update_gauges();
  }
  take_requests(false);
  for (List* list : {&waiting_, &active_}) {
    for (auto& s : *list) finish(*s, FinishReason::cancelled);
    list->clear();
  }
  update_gauges();
}

void StepLoop::take_requests(bool wait) {
  for (auto& s : inbox_.take(wait)) {
    ++taken_;
    s->arrival = arrivals_++;
    shares_.arrived(s->client);
    waiting_.push_back(std::move(s));
  }
  for (const Inbox::Call& call : inbox_.take_calls()) call(kv_);
}

void StepLoop::drop_cancelled(List& list) {
  const auto now = Sequence::Clock::now();
  std::erase_if(list, [this, now](const std::unique_ptr<Sequence>& s) {
    if (s->cancelled()) {
      finish(*s, FinishReason::cancelled);
      return true;
    }
    const std::string_view overdue = s->overdue(now);
    if (!overdue.empty()) finish(*s, FinishReason::timeout, std::string(overdue));
    return !overdue.empty();
  });
}

void StepLoop::speculate() {
  std::vector<Sequence*> decoding;
  for (const auto& s : active_) {
    if (s->decoding()) decoding.push_back(s.get());
  }
  const Turn turn(options_.draft ? options_.turns.get() : nullptr);
  speculator_.propose(decoding, cost_);
}

StepPlan StepLoop::plan() {
  std::vector<SequenceState> active;
  active.reserve(active_.size());
  for (const auto& s : active_) active.push_back(s->state());
  const std::vector<SequenceState> waiting = waiting_states();
  return plan_step({.active = active,
                    .waiting = waiting,
                    .free_blocks = kv_.available(),
                    .now_s = Sequence::seconds(Sequence::Clock::now())},
                   limits_, cost_, shares_);
}

std::vector<SequenceState> StepLoop::waiting_states() const {
  // The search takes some microseconds a prompt: not when nobody can be admitted, nor in a long
  // queue for all.
  const bool room = static_cast<std::size_t>(limits_.max_active) > active_.size();
  std::size_t searches = room && options_.prefix_cache ? kMostSearches : 0;
  std::vector<SequenceState> out;
  for (const auto& s : waiting_) {
    SequenceState& state = out.emplace_back(s->state());
    state.next_block = 0;
    s->found = 0;
    if (searches == 0 || s->request.embed) continue;
    --searches;
    const KvStore::Cached cached = kv_.cached(s->tokens);
    state.computed = s->found = cached.tokens;
    state.blocks = cached.blocks;
    state.next_block = s->next_block(cached.tokens);
  }
  return out;
}

void StepLoop::preempt(const std::vector<int>& indices) {
  for (const int i : indices) {
    auto& s = active_[static_cast<std::size_t>(i)];
    drop_blocks(*s, kv_);
    speculator_.release(*s);
    ++s->preemptions;
    ++stats_.preempted;
    s->waiting_since = Sequence::Clock::now();
    waiting_.push_front(std::move(s));
  }
  std::erase(active_, nullptr);
}

void StepLoop::admit(const std::vector<StepPlan::Admission>& admissions) {
  const auto now = Sequence::Clock::now();
  for (const auto& [index, level] : admissions) {
    auto& s = waiting_[static_cast<std::size_t>(index)];
    take_prefix(*s, kv_);
    if (s->scheduled == Sequence::Clock::time_point{}) {
      s->scheduled = now;
      s->cached_tokens = s->computed;
      stats_.cached_prompt_tokens += s->computed;
    }
    s->charged = std::max(s->charged, std::min(s->computed, s->prompt_tokens));
    s->level = level;
    shares_.admitted(s->request.priority, Sequence::seconds(now));
    active_.push_back(std::move(s));
  }
  std::erase(waiting_, nullptr);
}

void StepLoop::finish(Sequence& s, FinishReason reason, std::string error) {
  drop_blocks(s, kv_);
  stats_.kv_blocks_used = kv_.used();  // before the news: who hears it may look
  speculator_.release(s);
  shares_.left(s.client);
  const bool timed_out = reason == FinishReason::timeout;
  if (timed_out) ++stats_.timed_out;
  const bool ended_early = timed_out || reason == FinishReason::cancelled;
  ++(ended_early ? stats_.cancelled : stats_.finished);
  if (!ended_early && !s.request.embed && !s.request.background) backlog_.finished(s.generated());
  --stats_.in_flight;
  Finish last = s.finish(reason);
  last.error = std::move(error);
  if (s.request.embed && reason == FinishReason::stop) last.embedding = embedding_of(s, model_);
  s.request.stream->finish(std::move(last));
}

void StepLoop::update_gauges() {
  stats_.active = static_cast<std::int64_t>(active_.size());
  stats_.queued = static_cast<std::int64_t>(waiting_.size());
  stats_.kv_blocks_used = kv_.used();
  stats_.kv_evictions = kv_.evictions();
}

}  // namespace pincer
