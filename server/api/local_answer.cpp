#include "server/api/local_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cmath>
#include <utility>
#include <variant>

#include "engine/schedule/wait_estimate.h"
#include "server/api/find_model.h"
#include "server/api/openai_error.h"
#include "server/api/request_terms.h"
#include "server/backend/start_generations.h"
#include "server/chat/answer_end.h"

namespace pincer {
namespace {

using Clock = std::chrono::steady_clock;
using Stream = std::shared_ptr<TokenStream>;

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

}  // namespace

struct LocalAnswer::Track {
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
struct LocalAnswer::Signals {
  std::shared_ptr<Doorbell> bell;
  std::vector<Stream> streams;

  void cancel() {
    for (const Stream& stream : streams) stream->cancel();
  }
};

LocalAnswer::LocalAnswer(const Api& api, Caller& caller)
    : api_(api), caller_(caller), signals_(std::make_shared<Signals>()) {
  signals_->bell = std::make_shared<Doorbell>(caller.executor());
}

LocalAnswer::~LocalAnswer() {
  for (const auto& track : tracks_) {
    // What nobody waited for was made all the same.
    if (!track->ended && caller_.account() != nullptr)
      caller_.account()->spend(track->reader.tokens());
  }
  signals_->cancel();
  signals_->bell->disconnect();
}

asio::awaitable<std::optional<Problem>> LocalAnswer::start(std::vector<ChatRequest> requests,
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
    if (auto problem = set_terms(request, *api_.site.limits(), caller_)) co_return problem;
  }
  co_return co_await generate(std::move(requests), choices);
}

asio::awaitable<std::optional<Problem>> LocalAnswer::generate(std::vector<ChatRequest> requests,
                                                              int choices) {
  std::vector<GenerationJob> jobs;
  for (const ChatRequest& request : requests) {
    GenerationJob& job = jobs.emplace_back(GenerationJob{request, {}});
    for (int i = 0; i < choices; ++i) {
      job.streams.push_back(
          std::make_shared<TokenStream>([bell = signals_->bell] { bell->ring(); }));
      signals_->streams.push_back(job.streams.back());
    }
  }
  const StartedGenerations started =
      co_await start_generations(api_.workers, backend_, std::move(jobs));
  if (const auto* error = std::get_if<Error>(&started)) {
    Problem problem = backend_problem(*error);
    if (problem.status == 429) {
      const double wait = backend_->expected_wait(requests.front().client);
      problem.retry_after_seconds =
          static_cast<int>(std::ceil(retry_seconds(wait, requests.front().max_wait_s)));
    }
    co_return problem;
  }
  const auto& starts = std::get<std::vector<GenerationStart>>(started);
  prompt_tokens_ = starts.front().prompt_tokens;
  for (std::size_t i = 0; i < signals_->streams.size(); ++i) {
    const std::size_t request = i / static_cast<std::size_t>(choices);
    tracks_.push_back(std::make_unique<Track>(
        static_cast<int>(i), signals_->streams[i], backend_->tokenizer(), requests[request],
        starts[request].format, caller_.asked(), i % static_cast<std::size_t>(choices) == 0));
  }
  if (caller_.left()) {
    signals_->cancel();
    co_return caller_left();
  }
  co_return std::nullopt;
}

asio::awaitable<std::optional<AnswerNews>> LocalAnswer::next() {
  while (!caller_.left() && !failed_ && ended_ < tracks_.size()) {
    if (auto news = poll()) co_return news;
    co_await signals_->bell->wait();
  }
  co_return std::nullopt;
}

std::optional<AnswerNews> LocalAnswer::poll() {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    Track& track = *tracks_[turn_];
    turn_ = (turn_ + 1) % tracks_.size();
    if (track.ended) continue;
    TokenStream::News news = track.stream->drain();
    if (news.finish || !news.tokens.empty()) return read(track, std::move(news));
  }
  return std::nullopt;
}

AnswerNews LocalAnswer::read(Track& track, TokenStream::News news) {
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

void LocalAnswer::observe(Track& track, std::size_t tokens) {
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

asio::awaitable<void> LocalAnswer::release() {
  co_await caller_.unwatch();
  if (caller_.left()) api_.site.metrics.clients_left.fetch_add(1);
}

}  // namespace pincer
