#include "server/upstream/local_upstream.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "server/api/openai_error.h"
#include "server/backend/open_model.h"
#include "server/backend/start_generations.h"
#include "server/chat/answer_end.h"
#include "server/chat/answer_reader.h"
#include "server/http/doorbell.h"

namespace pincer {
namespace {

using Clock = std::chrono::steady_clock;
FailureClass kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::busy:
      return FailureClass::busy;
    case ErrorCode::limit:
      return FailureClass::context_overflow;
    case ErrorCode::invalid_argument:
    case ErrorCode::unsupported:
      return FailureClass::refused;
    default:
      return FailureClass::server;
  }
}

UpstreamFailure failure_of(const Error& error) {
  const Problem problem = backend_problem(error);
  return {.kind = kind_of(error.code),
          .status = static_cast<int>(problem.status),
          .message = problem.message,
          .retry_after = std::chrono::seconds(problem.retry_after_seconds)};
}

FailureClass kind_of(FinishReason reason) {
  if (reason == FinishReason::timeout) return FailureClass::timeout_idle;
  if (reason == FinishReason::refused) return FailureClass::refused;
  return reason == FinishReason::cancelled ? FailureClass::cancelled : FailureClass::server;
}

UpstreamEnd upstream_end(AnswerEnd end) {
  UpstreamEnd out;
  out.reason = static_cast<UpstreamEnd::Reason>(end.reason);
  out.stop_string = std::move(end.stop_string);
  out.usage = {.prompt_tokens = end.finish.prompt_tokens,
               .cached_tokens = end.finish.cached_tokens,
               .completion_tokens = end.completion_tokens,
               .reasoning_tokens = end.reasoning_tokens,
               .reported = true};
  out.finish = std::move(end.finish);
  return out;
}

class LocalStream final : public UpstreamStream {
 public:
  LocalStream(std::shared_ptr<Backend> backend, std::shared_ptr<TokenStream> stream,
              std::shared_ptr<Doorbell> bell, const ChatRequest& request,
              const GenerationStart& start, Milliseconds patience)
      : backend_(std::move(backend)),
        stream_(std::move(stream)),
        bell_(std::move(bell)),
        reader_(backend_->tokenizer(), request, start.format),
        prompt_tokens_(start.prompt_tokens),
        patience_(patience) {}
  ~LocalStream() override {
    stream_->cancel();
    bell_->disconnect();
  }

  asio::awaitable<UpstreamNews> next() override {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    std::int64_t turns = -1;
    Clock::time_point moved = Clock::now();
    while (!cancelled_) {
      TokenStream::News news = stream_->drain();
      if (news.finish || !news.tokens.empty()) {
        UpstreamNews out = read(std::move(news));
        if (!out.parts.empty() || out.end || out.failure || !out.generated.empty()) co_return out;
        continue;
      }
      const std::int64_t now = backend_->stats().turns;
      if (std::exchange(turns, now) != now) moved = Clock::now();
      if (Clock::now() - moved >= patience_)
        co_return failed(FailureClass::timeout_idle, "The engine makes no step.");
      timer.expires_at(moved + patience_);
      timer.async_wait([bell = bell_](const NetError& error) {
        if (!error) bell->ring();
      });
      co_await bell_->wait();
      timer.cancel();
    }
    co_return failed(FailureClass::cancelled, "The client left.");
  }

  int prompt_tokens() const override { return prompt_tokens_; }

  void cancel() override {
    cancelled_ = true;
    stream_->cancel();
    bell_->ring();
  }

 private:
  static UpstreamNews failed(FailureClass kind, std::string message) {
    UpstreamNews news;
    news.failure = UpstreamFailure{.kind = kind, .message = std::move(message)};
    return news;
  }

  UpstreamNews read(TokenStream::News news) {
    UpstreamNews out;
    AnswerReader::Piece piece = reader_.read(news);
    if (reader_.stopped()) stream_->cancel();
    out.tokens = static_cast<int>(news.tokens.size());
    out.parts = std::move(piece.parts);
    out.generated = std::move(piece.tokens);
    if (!news.finish) return out;
    if (const auto problem = finish_problem(*news.finish, reader_.stopped())) {
      out.failure = UpstreamFailure{.kind = kind_of(news.finish->reason),
                                    .status = static_cast<int>(problem->status),
                                    .message = problem->message};
    } else {
      out.end = upstream_end(answer_end(reader_, *std::move(news.finish)));
    }
    return out;
  }

  std::shared_ptr<Backend> backend_;
  std::shared_ptr<TokenStream> stream_;
  std::shared_ptr<Doorbell> bell_;
  AnswerReader reader_;
  int prompt_tokens_;
  Milliseconds patience_;
  bool cancelled_ = false;
};

class LocalUpstream final : public Upstream {
 public:
  LocalUpstream(UpstreamConfig config, std::shared_ptr<Models> models, asio::thread_pool& workers)
      : config_(std::move(config)), models_(std::move(models)), workers_(workers) {}

  const UpstreamConfig& config() const override { return config_; }

  asio::awaitable<StartedStream> start(ChatRequest request,
                                       std::shared_ptr<StartWatch> watch) override {
    auto bell = std::make_shared<Doorbell>(co_await asio::this_coro::executor);
    std::string name = request.model;
    if (const auto mapped = config_.models.find(name); mapped != config_.models.end())
      name = mapped->second;
    OpenedModel found = co_await find(name, request, *watch, bell);
    if (const auto* error = std::get_if<Error>(&found)) co_return failure_of(*error);
    if (std::holds_alternative<std::monostate>(found)) co_return not_waited_for(name);
    auto backend = std::get<std::shared_ptr<Backend>>(std::move(found));
    auto stream = std::make_shared<TokenStream>([bell] { bell->ring(); });
    std::vector<GenerationJob> jobs;
    jobs.push_back({request, {stream}});
    const StartedGenerations started =
        co_await start_generations(workers_, backend, std::move(jobs));
    if (const auto* error = std::get_if<Error>(&started)) co_return failure_of(*error);
    const GenerationStart& first = std::get<std::vector<GenerationStart>>(started).front();
    co_return std::make_unique<LocalStream>(std::move(backend), std::move(stream), std::move(bell),
                                            request, first, config_.timeouts.inter_token);
  }

 private:
  // Nothing: the request's time was over, or its client gone, before the model was loaded.
  asio::awaitable<OpenedModel> find(const std::string& name, const ChatRequest& request,
                                    StartWatch& watch, std::shared_ptr<Doorbell> bell) {
    std::optional<Models::Entry> entry = models_->find(name);
    if (!entry) {
      co_return Error{
          ErrorCode::not_found,
          fmt::format("upstream '{}': there is no model '{}' here", config_.name, name)};
    }
    if (entry->on_demand) {
      entry->backend.reset();  // it may have to leave before it can come back
      const Clock::time_point until = std::min(request.start_by, request.finish_by);
      asio::steady_timer alarm(co_await asio::this_coro::executor, until);
      alarm.async_wait([bell](const NetError& error) {
        if (!error) bell->ring();
      });
      bool left = false;
      watch.cancel = [&left, bell] {
        left = true;
        bell->ring();
      };
      OpenedModel opened = co_await open_model(*models_->opener(), name, std::move(bell),
                                               [&] { return left || Clock::now() >= until; });
      watch.cancel = nullptr;
      co_return opened;
    }
    if (!entry->backend)
      co_return Error{ErrorCode::busy, fmt::format("The model '{}' is still loading.", name)};
    co_return std::move(entry->backend);
  }

  UpstreamFailure not_waited_for(const std::string& model) const {
    return {
        .kind = FailureClass::timeout_first,
        .status = 504,
        .message = fmt::format("upstream '{}': the time is over before the model '{}' was loaded.",
                               config_.name, model)};
  }

  UpstreamConfig config_;
  std::shared_ptr<Models> models_;
  asio::thread_pool& workers_;
};

}  // namespace

std::shared_ptr<Upstream> make_local_upstream(UpstreamConfig config, std::shared_ptr<Models> models,
                                              asio::thread_pool& workers) {
  return std::make_shared<LocalUpstream>(std::move(config), std::move(models), workers);
}

}  // namespace pincer
