#include "server/route/flight.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "server/canary/agreement.h"
#include "server/route/cascade_probe.h"
#include "server/route/features.h"
#include "server/route/flight_problem.h"

namespace pincer {
namespace {

double seconds(std::chrono::steady_clock::duration d) {
  return std::chrono::duration<double>(d).count();
}

bool has_content(const UpstreamNews& news) {
  return std::ranges::any_of(news.parts, [](const AnswerPart& part) {
    return !part.text.empty() || part.kind == AnswerPart::Kind::call;
  });
}

void filter_echo(EchoFilter& echo, UpstreamNews& news) {
  for (AnswerPart& part : news.parts) {
    if (part.kind == AnswerPart::Kind::text) part.text = echo.push(std::move(part.text));
  }
  std::erase_if(news.parts, [](const AnswerPart& part) {
    return part.kind == AnswerPart::Kind::text && part.text.empty();
  });
  if (!news.end) return;
  std::string rest = echo.flush();
  if (!rest.empty()) news.parts.push_back({AnswerPart::Kind::text, std::move(rest), {}});
}

AnswerEnd answer_end_of(UpstreamEnd end) {
  AnswerEnd out;
  out.reason = static_cast<AnswerEnd::Reason>(end.reason);
  out.stop_string = std::move(end.stop_string);
  out.completion_tokens = end.usage.completion_tokens;
  out.reasoning_tokens = end.usage.reasoning_tokens;
  if (end.finish) out.finish = *std::move(end.finish);
  out.finish.prompt_tokens = end.usage.prompt_tokens;
  out.finish.cached_tokens = end.usage.cached_tokens;
  out.finish.generated_tokens = end.usage.completion_tokens;
  if (out.reason == AnswerEnd::Reason::length) out.finish.reason = FinishReason::length;
  return out;
}

// Not what a request had wrong, or what its client did.
bool is_fault(FailureClass kind) {
  return kind != FailureClass::context_overflow && kind != FailureClass::content_policy &&
         kind != FailureClass::refused && kind != FailureClass::cancelled;
}

constexpr const char* kCache = "cache";  // an upstream of plans that is none

}  // namespace

Flight::Flight(std::shared_ptr<HybridRouter> router, const RouteConfig& route, RoutePlan plan,
               ChatRequest request, int choice, Sink sink)
    : router_(std::move(router)),
      route_(route),
      plan_(std::move(plan)),
      request_(std::move(request)),
      choice_(choice),
      sink_(std::move(sink)),
      ahead_(plan_.upstreams) {
  if (draw_shadow()) shadowed_.emplace();
}

asio::awaitable<void> Flight::run(std::shared_ptr<Flight> self) { co_await self->fly(); }

void Flight::cancel() {
  cancelled_ = true;
  sink_ = nullptr;
  if (watch_ && watch_->cancel) watch_->cancel();
  if (stream_) stream_->cancel();
  if (standby_) standby_->cancel();
}

asio::awaitable<void> Flight::fly() {
  bool probing = plan_.cascade;
  while (const std::optional<std::string> name = next_upstream()) {
    if (*name == kCache) {
      if (answer_from_cache()) co_return;
      continue;
    }
    Member& member = router_->member(*name);
    if (attempts_[*name] > 0) co_await back_off(member);
    if (cancelled_) co_return;
    member.begin_attempt();
    const Outcome outcome = co_await leg(member, std::exchange(probing, false));
    member.end_attempt();
    stream_.reset();
    if (standby_) std::exchange(standby_, nullptr)->cancel();
    if (outcome == Outcome::done || cancelled_) co_return;
    if (outcome == Outcome::escalate) {
      log_.escalated = true;
      router_->metrics().escalations.add({route_.model});
    }
    if (outcome == Outcome::failed && !may_fail_over(failure_->kind)) break;
  }
  give_up();
}

// The next one whose breaker lets a request through, and that can go on from what is written.
std::optional<std::string> Flight::next_upstream() {
  while (!ahead_.empty()) {
    std::string name = std::move(ahead_.front());
    ahead_.erase(ahead_.begin());
    if (name == kCache) return committed_ ? std::nullopt : std::optional(name);
    Member& member = router_->member(name);
    if (committed_ && !may_go_on(member)) continue;
    const bool again = log_.attempts > 0 && !log_.escalated;
    // An engine of this machine costs nothing and bounds its own queue.
    const bool free = !member.config().remote() && attempts_[name] == 0;
    if (again && !free && !router_->retry_budget().withdraw(Clock::now())) continue;
    return name;
  }
  return std::nullopt;
}

bool Flight::may_go_on(const Member& member) {
  return route_.stream_failure.go_on &&
         static_cast<int>(log_.migrations.size()) < route_.stream_failure.max_migrations &&
         written_.can_go_on(request_, member.config());
}

// The cache stands last: what was answered to the very same request before.
bool Flight::answer_from_cache() {
  auto cached = router_->cache().get(AnswerCache::key_of(request_), Clock::now());
  if (!cached) return false;
  log_.upstream = kCache;
  AnswerNews out;
  out.choice = choice_;
  Message& message = cached->message;
  if (!message.reasoning.empty())
    out.parts.push_back({AnswerPart::Kind::reasoning, std::move(message.reasoning), {}});
  if (!message.content.empty())
    out.parts.push_back({AnswerPart::Kind::text, std::move(message.content), {}});
  for (ToolCall& call : message.tool_calls) {
    out.parts.push_back({AnswerPart::Kind::call, std::move(call.name), std::move(call.id)});
    out.parts.push_back({AnswerPart::Kind::arguments, std::move(call.arguments), {}});
  }
  out.end = answer_end_of(std::move(cached->end));
  sink_(std::move(out));
  return true;
}

asio::awaitable<void> Flight::back_off(const Member& member) {
  const RetryOptions& retry = member.config().retry;
  auto wait = retry.backoff_base * (1 << std::min(attempts_[member.name()] - 1, 10));
  wait = std::min(wait, retry.backoff_max);
  wait = std::chrono::duration_cast<Milliseconds>(wait * (0.5 + 0.5 * router_->draw()));
  if (failure_ && retry.respect_retry_after)
    wait = std::max(wait, std::min(failure_->retry_after, retry.backoff_max));
  asio::steady_timer timer(co_await asio::this_coro::executor, wait);
  co_await timer.async_wait(asio::use_awaitable);
}

// The request as this upstream gets it; false: it must not leave.
asio::awaitable<bool> Flight::prepare(Member& member, bool probing, ChatRequest& request) {
  request = written_.rest_of(request_);
  if (probing && !request.want_logprobs) {
    request.want_logprobs = true;  // the margin between the two likeliest tokens
    request.top_logprobs = 2;
  }
  const bool engine = member.config().kind == UpstreamConfig::Kind::engine;
  if (shadowed_ && !probing && !request_.want_logprobs && engine) ask_for_rivals(request);
  if (!engine) request.client.clear();
  disguise_.reset();
  const Privacy* privacy = member.config().remote() ? router_->privacy(route_) : nullptr;
  if (privacy == nullptr) co_return true;
  Disguised disguised = co_await Disguise::make(request, *privacy, router_->workers());
  if (const auto* error = std::get_if<Error>(&disguised)) {
    failure_ = UpstreamFailure{.kind = FailureClass::refused,
                               .message = "this cannot leave: " + error->message};
    co_return false;
  }
  disguise_ = std::get<std::unique_ptr<Disguise>>(std::move(disguised));
  request = disguise_->request();
  for (const ClassCount& found : disguise_->found()) {
    router_->metrics().redactions.add({route_.model, std::string(class_name(found.kind))},
                                      found.count);
  }
  co_return true;
}

asio::awaitable<Flight::Outcome> Flight::leg(Member& member, bool probing) {
  ChatRequest request;
  const bool ready = co_await prepare(member, probing, request);
  if (!ready || cancelled_) co_return Outcome::skipped;
  const auto sent = Clock::now();
  Breaker& breaker = member.breaker(request_.model);
  std::optional<Breaker::Permit> permit = breaker.try_acquire(sent);
  if (!permit) {
    const auto rest = breaker.status(sent).until - sent;
    failure_ = UpstreamFailure{
        .kind = FailureClass::busy,
        .message = fmt::format("the upstream '{}' is left alone for a while", member.name()),
        .retry_after = std::chrono::duration_cast<Milliseconds>(rest)};
    co_return Outcome::skipped;
  }
  leg_tokens_ = 0;
  ++log_.attempts;
  ++attempts_[member.name()];
  router_->metrics().attempts.add({member.name(), request_.model});
  watch_ = std::make_shared<StartWatch>();
  if (disguise_) {
    watch_->leaving = [this, &member](std::string_view body) {
      disguise_->note(member.name(), request_.model, body);
    };
  }
  StartedStream started = co_await member.upstream().start(std::move(request), watch_);
  if (auto* failure = std::get_if<UpstreamFailure>(&started))
    co_return fail(member, *permit, std::move(*failure));
  if (cancelled_) co_return Outcome::done;
  stream_ = std::get<std::unique_ptr<UpstreamStream>>(std::move(started));
  standby_ = make_standby(member, co_await asio::this_coro::executor);
  const Outcome outcome = co_await listen(member, probing, sent);
  if (outcome == Outcome::failed) co_return fail(member, *permit, *failure_);
  breaker.succeeded(*permit, Clock::now());
  co_return outcome;
}

asio::awaitable<Flight::Outcome> Flight::listen(Member& member, bool probing,
                                                Clock::time_point sent) {
  std::optional<CascadeProbe> probe;
  if (probing) probe.emplace(route_.policy);
  EchoFilter echo;
  if (committed_ && member.config().remote()) echo = EchoFilter(written_.message().content);
  while (!cancelled_) {
    UpstreamNews news = co_await stream_->next();
    if (cancelled_) break;
    if (news.failure) {
      failure_ = std::move(news.failure);
      co_return Outcome::failed;
    }
    if (disguise_) disguise_->lift(news);
    filter_echo(echo, news);
    if (shadowed_ && !probing && !request_.want_logprobs)
      keep_compared(shadowed_->tokens, news.generated);
    if (probe) {
      if (!probe->add(news)) continue;  // not yet decided
      if (probe->escalates()) co_return Outcome::escalate;
      news = probe->release();
      probe.reset();
      if (!request_.want_logprobs) news.generated.clear();
    } else if (!request_.want_logprobs) {
      news.generated.clear();
    }
    std::optional<UpstreamEnd> end = std::move(news.end);
    if (has_content(news) || !news.generated.empty()) deliver(member, std::move(news), sent);
    if (end) {
      finish(member, *std::move(end));
      co_return Outcome::done;
    }
    if (standby_ && committed_) standby_->follow(written_);
  }
  co_return Outcome::done;
}

// For a stream of a cloud that the engine would go on with.
std::shared_ptr<Standby> Flight::make_standby(const Member& streaming,
                                              asio::any_io_executor executor) {
  const StreamFailure& options = route_.stream_failure;
  if (!options.warm_standby || choice_ != 0 || !streaming.config().remote()) return nullptr;
  for (const std::string& name : ahead_) {
    if (name == kCache) continue;
    Member& member = router_->member(name);
    if (!may_go_on(member)) continue;
    const int tokens = route_features(request_, 1, Clock::now()).prompt_tokens;
    const bool engine = member.config().kind == UpstreamConfig::Kind::engine;
    if (!engine || tokens > options.max_prefill_tokens) return nullptr;
    if (!router_->loaded(member, request_.model) ||
        !member.breaker(request_.model).available(Clock::now()))
      return nullptr;
    return std::make_shared<Standby>(router_, member, request_, std::move(executor));
  }
  return nullptr;
}

Flight::Outcome Flight::fail(Member& member, Breaker::Permit& permit, UpstreamFailure failure) {
  if (cancelled_) return Outcome::done;
  member.breaker(request_.model).failed(permit, failure, Clock::now());
  router_->metrics().failures.add({member.name(), request_.model, std::string(name(failure.kind))});
  const RetryOptions& retry = member.config().retry;
  if (attempts_[member.name()] < retry.max_attempts && !plan_.fail_closed)
    ahead_.push_back(member.name());
  if (committed_) broke_at_ = member.name();
  if (log_.attempts == 1) first_failed_ = is_fault(failure.kind);
  // It does not say any more what it has read and written; this much is known.
  if (leg_tokens_ > 0) account(member, {.completion_tokens = leg_tokens_});
  failure_ = std::move(failure);
  return Outcome::failed;
}

void Flight::note_first_token(Member& member, Clock::time_point sent) {
  const auto now = Clock::now();
  log_.first_token_s = seconds(now - sent);
  // Its turn is expected for itself: what is seen of a queue must not be taken for slowness.
  const bool queued = member.name() == plan_.upstreams.front();
  const double wait = queued ? plan_.expected_wait_s : 0;
  member.saw_first_token(std::max(0.0, log_.first_token_s - wait), now);
}

void Flight::commit(Member& member) {
  RouterMetrics& metrics = router_->metrics();
  if (!committed_) {
    committed_ = true;
    log_.prompt_tokens = stream_->prompt_tokens();
    if (failure_ && !log_.upstream.empty() && log_.upstream != member.name())
      metrics.fallbacks.add({log_.upstream, member.name(), std::string(name(failure_->kind))});
  } else if (!broke_at_.empty()) {
    const double gap = seconds(Clock::now() - last_content_);
    log_.migrations.push_back({.from = broke_at_,
                               .to = member.name(),
                               .at_tokens = written_.tokens(),
                               .gap_s = gap,
                               .failure = std::string(name(failure_->kind))});
    metrics.migrations.add({broke_at_, member.name(), "done"});
    metrics.migration_gap_seconds.observe(gap);
    broke_at_.clear();
  }
  log_.upstream = member.name();
}

void Flight::deliver(Member& member, UpstreamNews news, Clock::time_point sent) {
  if (!committed_) note_first_token(member, sent);
  if (!committed_ || !broke_at_.empty()) commit(member);
  last_content_ = Clock::now();
  written_.add(news.parts, news.tokens);
  leg_tokens_ += news.tokens;
  AnswerNews out;
  out.choice = choice_;
  out.parts = std::move(news.parts);
  out.tokens = std::move(news.generated);
  sink_(std::move(out));
}

void Flight::account(Member& member, const UpstreamUsage& usage) {
  const double cost = router_->charge(member, request_.client, usage);
  log_.cost_usd += cost;
  RouterMetrics& metrics = router_->metrics();
  metrics.cost.add({route_.model, member.name()}, cost);
  metrics.tokens.add({route_.model, member.name(), "input"}, usage.prompt_tokens);
  metrics.tokens.add({route_.model, member.name(), "output"}, usage.completion_tokens);
}

void Flight::finish(Member& member, UpstreamEnd end) {
  // An answer without a word has no first token.
  if (!committed_ || !broke_at_.empty()) commit(member);
  account(member, end.usage);
  // Of all that went on: what one upstream wrote, the next one read as a part of its prompt.
  if (!log_.migrations.empty())
    end.usage.completion_tokens = std::max(end.usage.completion_tokens, written_.tokens());
  if (std::ranges::find(plan_.upstreams, kCache) != plan_.upstreams.end())
    router_->cache().put(AnswerCache::key_of(request_), {written_.message(), end}, Clock::now());
  const bool ended = end.reason != UpstreamEnd::Reason::tool_calls;
  note_canary(ended && log_.migrations.empty() ? end.usage.completion_tokens : -1);
  AnswerNews out;
  out.choice = choice_;
  out.end = answer_end_of(std::move(end));
  sink_(std::move(out));
  cast_shadow();
}

void Flight::give_up() {
  if (cancelled_) return;
  note_canary(-1);
  if (!broke_at_.empty()) router_->metrics().migrations.add({broke_at_, "", "ended"});
  AnswerNews out;
  out.choice = choice_;
  out.problem = flight_problem(failure_, route_.model, log_.attempts);
  sink_(std::move(out));
}

}  // namespace pincer
