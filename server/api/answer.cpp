#include "server/api/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cmath>
#include <utility>
#include <variant>

#include "engine/schedule/wait_estimate.h"
#include "server/api/openai_error.h"

namespace pincer {
namespace {

using Clock = std::chrono::steady_clock;
using Stream = std::shared_ptr<TokenStream>;

// One request's part of the start.
struct Job {
  ChatRequest request;
  std::vector<Stream> streams;
};

// Not a Result: what co_spawn returns must have a default.
using Started = std::variant<std::vector<AnswerFormat>, Error>;

asio::awaitable<Started> generate_all(std::shared_ptr<Backend> backend, std::vector<Job> jobs) {
  std::vector<AnswerFormat> formats;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    auto format = backend->generate(std::move(jobs[i].request), jobs[i].streams);
    if (!format) {
      for (std::size_t j = 0; j < i; ++j) {
        for (const Stream& stream : jobs[j].streams) stream->cancel();
      }
      co_return format.error();
    }
    formats.push_back(*std::move(format));
  }
  co_return formats;
}

std::optional<Problem> bias_problem(const Backend& backend, const ChatRequest& request) {
  const std::int32_t vocabulary = backend.tokenizer().vocab_size();
  for (const auto& [token, bias] : request.sampling.logit_bias) {
    if (token < vocabulary) continue;
    return Problem{.message = fmt::format(
                       "Invalid value for 'logit_bias': this model's token ids are from 0 to {}, "
                       "but one is {}.",
                       vocabulary - 1, token),
                   .param = "logit_bias",
                   .code = "invalid_value"};
  }
  return std::nullopt;
}

void set_deadlines(ChatRequest& request, const Limits& limits, const Caller& caller) {
  const auto deadline = [asked = caller.asked()](std::chrono::milliseconds after) {
    return after.count() > 0 ? asked + after : Clock::time_point::max();
  };
  request.max_wait_s = std::chrono::duration<double>(limits.max_queue_wait).count();
  request.start_by = deadline(limits.queue_timeout);
  request.finish_by = std::min(deadline(limits.request_timeout),
                               deadline(caller.patience().value_or(std::chrono::milliseconds(0))));
}

// Rendered and tokenized in less time, about half a millisecond, than two threads take to wake each
// other while all cores compute; the caller's executor does it then.
constexpr std::size_t kQuickBytes = 4 << 10;

bool is_quick(const std::vector<ChatRequest>& requests) {
  std::size_t bytes = 0;
  for (const ChatRequest& request : requests) {
    if (!request.tools.empty() || request.format) return false;
    for (const Message& message : request.messages) bytes += message.content.size();
    if (const auto* text = std::get_if<std::string>(&request.raw_prompt)) bytes += text->size();
  }
  return bytes <= kQuickBytes;
}

// Why a generation ended otherwise than it should have.
std::optional<Problem> finish_problem(const Finish& finish, bool stopped) {
  if (stopped || finish.reason == FinishReason::stop || finish.reason == FinishReason::length)
    return std::nullopt;
  if (finish.reason == FinishReason::error) {
    return Problem{
        .status = 500, .message = "The model failed: " + finish.error, .type = "server_error"};
  }
  if (finish.reason == FinishReason::timeout) {
    return Problem{.status = 504,
                   .message = fmt::format("The answer was ended: {}.", finish.error),
                   .type = "timeout_error",
                   .code = "deadline_exceeded"};
  }
  return Problem{.status = 503,
                 .message = "The generation was cut off because the server stops.",
                 .type = "server_error",
                 .code = "draining",
                 .retry_after_seconds = 5};
}

AnswerEnd answer_end(const AnswerReader& reader, Finish finish) {
  using Reason = AnswerEnd::Reason;
  AnswerEnd end;
  end.completion_tokens = reader.stopped() ? reader.tokens() : finish.generated_tokens;
  end.reasoning_tokens = reader.reasoning_tokens();
  if (!reader.stop_string().empty()) {
    end.reason = Reason::stop_string;
    end.stop_string = reader.stop_string();
  } else if (finish.reason == FinishReason::length && !reader.stopped()) {
    end.reason = Reason::length;
  } else if (reader.calls() > 0) {
    end.reason = Reason::tool_calls;
  }
  end.finish = std::move(finish);
  return end;
}

}  // namespace

void AnswerUsage::add(const AnswerEnd& end, bool first_of_prompt) {
  if (first_of_prompt) {
    prompt_tokens += end.finish.prompt_tokens;
    cached_tokens += end.finish.cached_tokens;
  }
  completion_tokens += end.completion_tokens;
  reasoning_tokens += end.reasoning_tokens;
}

struct Answer::Track {
  Track(int number, Stream with, const Tokenizer& tokenizer, const ChatRequest& request,
        const AnswerFormat& format, Clock::time_point asked, bool first)
      : choice(number),
        first_of_prompt(first),
        stream(std::move(with)),
        reader(tokenizer, request, format),
        last(asked) {}

  int choice;
  bool first_of_prompt;
  Stream stream;
  AnswerReader reader;
  Clock::time_point last;  // of its tokens
  bool any_token = false;
  bool ended = false;
};

// What others may ring or cancel while the coroutine waits for something else.
struct Answer::Signals {
  std::shared_ptr<Doorbell> bell;
  std::vector<Stream> streams;

  void cancel() {
    for (const Stream& stream : streams) stream->cancel();
  }
};

Answer::Answer(const Api& api, Caller& caller)
    : api_(api), caller_(caller), signals_(std::make_shared<Signals>()) {
  signals_->bell = std::make_shared<Doorbell>(caller.executor());
}

Answer::~Answer() {
  for (const auto& track : tracks_) {
    // What nobody waited for was made all the same.
    if (!track->ended && caller_.account() != nullptr)
      caller_.account()->spend(track->reader.tokens());
  }
  signals_->cancel();
  signals_->bell->disconnect();
}

asio::awaitable<std::optional<Problem>> Answer::start(ChatRequest request, int choices) {
  std::vector<ChatRequest> requests;
  requests.push_back(std::move(request));
  co_return co_await start(std::move(requests), choices);
}

asio::awaitable<std::optional<Problem>> Answer::start(std::vector<ChatRequest> requests,
                                                      int choices) {
  caller_.watch([signals = signals_] {
    signals->cancel();
    signals->bell->ring();
  });
  FoundModel found = co_await find_model(api_, caller_, signals_->bell, requests.front().model);
  if (auto* problem = std::get_if<Problem>(&found)) co_return std::move(*problem);
  backend_ = std::get<std::shared_ptr<Backend>>(std::move(found));
  caller_.record().model = backend_->model();
  caller_.record().upstream = "local";
  for (ChatRequest& request : requests) {
    if (auto problem = bias_problem(*backend_, request)) co_return problem;
    if (caller_.account() != nullptr) {
      if (auto problem = caller_.account()->check_priority(request.priority)) co_return problem;
    }
    request.client = fmt::format("{}\n{}", caller_.identity(), request.client);
    set_deadlines(request, *api_.site.limits(), caller_);
  }
  co_return co_await generate(std::move(requests), choices);
}

asio::awaitable<std::optional<Problem>> Answer::generate(std::vector<ChatRequest> requests,
                                                         int choices) {
  std::vector<Job> jobs;
  for (const ChatRequest& request : requests) {
    Job& job = jobs.emplace_back(Job{request, {}});
    for (int i = 0; i < choices; ++i) {
      job.streams.push_back(
          std::make_shared<TokenStream>([bell = signals_->bell] { bell->ring(); }));
      signals_->streams.push_back(job.streams.back());
    }
  }
  auto task = generate_all(backend_, std::move(jobs));
  Started started;
  if (is_quick(requests)) {
    started = co_await std::move(task);
  } else {
    started =
        co_await asio::co_spawn(api_.workers.get_executor(), std::move(task), asio::use_awaitable);
  }
  if (const auto* error = std::get_if<Error>(&started)) {
    Problem problem = backend_problem(*error);
    if (problem.status == 429) {
      const double wait = backend_->expected_wait(requests.front().client);
      problem.retry_after_seconds =
          static_cast<int>(std::ceil(retry_seconds(wait, requests.front().max_wait_s)));
    }
    co_return problem;
  }
  const auto& formats = std::get<std::vector<AnswerFormat>>(started);
  for (std::size_t i = 0; i < signals_->streams.size(); ++i) {
    const std::size_t request = i / static_cast<std::size_t>(choices);
    tracks_.push_back(std::make_unique<Track>(
        static_cast<int>(i), signals_->streams[i], backend_->tokenizer(), requests[request],
        formats[request], caller_.asked(), i % static_cast<std::size_t>(choices) == 0));
  }
  if (caller_.left()) {
    signals_->cancel();
    co_return caller_left();
  }
  co_return std::nullopt;
}

asio::awaitable<std::optional<AnswerNews>> Answer::next() {
  while (!caller_.left() && !failed_ && ended_ < tracks_.size()) {
    if (auto news = poll()) co_return news;
    co_await signals_->bell->wait();
  }
  co_return std::nullopt;
}

std::optional<AnswerNews> Answer::poll() {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    Track& track = *tracks_[turn_];
    turn_ = (turn_ + 1) % tracks_.size();
    if (track.ended) continue;
    TokenStream::News news = track.stream->drain();
    if (news.finish || !news.tokens.empty()) return read(track, std::move(news));
  }
  return std::nullopt;
}

AnswerNews Answer::read(Track& track, TokenStream::News news) {
  observe(track, news.tokens.size());
  AnswerReader::Piece piece = track.reader.read(news);
  if (track.reader.stopped()) track.stream->cancel();
  AnswerNews out;
  out.choice = track.choice;
  out.parts = std::move(piece.parts);
  out.tokens = std::move(piece.tokens);
  if (!news.finish) return out;
  track.ended = true;
  ++ended_;
  caller_.record().add(*news.finish, track.first_of_prompt);
  if (caller_.account() != nullptr) {
    const int prompt = track.first_of_prompt ? news.finish->prompt_tokens : 0;
    caller_.account()->spend(prompt + news.finish->generated_tokens);
  }
  out.problem = finish_problem(*news.finish, track.reader.stopped());
  failed_ = out.problem.has_value();
  if (!failed_) out.end = answer_end(track.reader, *std::move(news.finish));
  return out;
}

void Answer::observe(Track& track, std::size_t tokens) {
  if (tokens == 0) return;
  ServerMetrics& metrics = api_.site.metrics;
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - track.last).count();
  track.last = now;
  caller_.record().tokens_arrived(static_cast<int>(tokens),
                                  std::chrono::duration<double>(now - caller_.asked()).count());
  if (!std::exchange(track.any_token, true)) {
    metrics.first_token.observe(seconds);
    if (tokens > 1) metrics.inter_token.observe(0, tokens - 1);
    return;
  }
  metrics.inter_token.observe(seconds / static_cast<double>(tokens), tokens);
}

asio::awaitable<void> Answer::release() {
  co_await caller_.unwatch();
  if (caller_.left()) api_.site.metrics.clients_left.fetch_add(1);
}

}  // namespace pincer
