#include "server/api/openai_chat.h"

#include <fmt/format.h>

#include <ctime>
#include <utility>
#include <variant>

#include "server/api/answer_reader.h"
#include "server/api/live_generation.h"
#include "server/api/model_wait.h"
#include "server/api/openai_chat_answer.h"
#include "server/api/openai_chat_request.h"
#include "server/api/openai_error.h"
#include "server/http/access.h"
#include "server/http/random_id.h"

namespace pincer {
namespace {

// What both forms of answer share. Lives in the coroutine of the request.
struct ChatRun {
  ChatRun(const Api& api, Exchange& with, OpenAiChatRequest parsed, Models::Entry entry)
      : metrics(api.site.metrics),
        exchange(with),
        request(std::move(parsed)),
        backend(std::move(entry.backend)),
        head{random_id("chatcmpl-"), std::time(nullptr), entry.name, backend->fingerprint()},
        reader(backend->tokenizer(), request.chat),
        generation(with),
        last_token(with.request().received) {}

  ServerMetrics& metrics;
  Exchange& exchange;
  OpenAiChatRequest request;
  std::shared_ptr<Backend> backend;
  AnswerHead head;
  AnswerReader reader;
  LiveGeneration generation;
  std::chrono::steady_clock::time_point last_token;
  bool any_token = false;
};

void observe_tokens(ChatRun& run, std::size_t count) {
  if (count == 0) return;
  const auto now = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(now - run.last_token).count();
  run.last_token = now;
  if (!std::exchange(run.any_token, true)) {
    run.metrics.first_token.observe(seconds);
    if (--count == 0) return;
    return run.metrics.inter_token.observe(0, count);
  }
  run.metrics.inter_token.observe(seconds / static_cast<double>(count), count);
}

AnswerReader::Piece read_news(ChatRun& run, const TokenStream::News& news) {
  observe_tokens(run, news.tokens.size());
  AnswerReader::Piece piece = run.reader.read(news);
  if (run.reader.stopped()) run.generation.cancel();
  return piece;
}

// Why the generation ended otherwise than it should have.
std::optional<Problem> finish_problem(const ChatRun& run, const Finish& finish) {
  if (run.reader.stopped() || finish.reason == FinishReason::stop ||
      finish.reason == FinishReason::length) {
    return std::nullopt;
  }
  if (finish.reason == FinishReason::error) {
    return Problem{
        .status = 500, .message = "The model failed: " + finish.error, .type = "server_error"};
  }
  return Problem{.status = 503,
                 .message = "The generation was cut off because the server stops.",
                 .type = "server_error",
                 .code = "draining",
                 .retry_after_seconds = 5};
}

AnswerEnd answer_end(const ChatRun& run, const Finish& finish) {
  const bool stopped = run.reader.stopped();
  return {stopped ? "stop" : finish_reason_name(finish.reason),
          stopped ? run.reader.tokens_until_stop() : finish.generated_tokens, finish};
}

asio::awaitable<void> send_whole(ChatRun& run) {
  AnswerReader::Piece answer;
  for (;;) {
    const auto news = co_await run.generation.next();
    if (!news) co_return;
    AnswerReader::Piece piece = read_news(run, *news);
    answer.text += piece.text;
    answer.tokens.insert(answer.tokens.end(), piece.tokens.begin(), piece.tokens.end());
    if (!news->finish) continue;
    Response response;
    if (const auto problem = finish_problem(run, *news->finish)) {
      response = openai_error_response(*problem);
    } else {
      response.body = chat_completion(run.head, answer, answer_end(run, *news->finish),
                                      run.backend->tokenizer(), run.request.chat.want_logprobs);
    }
    co_await run.exchange.send(std::move(response));
    co_return;
  }
}

asio::awaitable<void> send_stream(ChatRun& run) {
  const ChunkWriter writer(run.head, run.backend->tokenizer(), run.request.chat.want_logprobs,
                           run.request.include_usage);
  std::string events;
  writer.role(events);
  bool alive = co_await run.exchange.send_events(std::move(events));
  while (alive) {
    const auto news = co_await run.generation.next();
    if (!news) co_return;
    events.clear();
    const AnswerReader::Piece piece = read_news(run, *news);
    if (!piece.empty()) writer.piece(events, piece);
    if (news->finish) {
      if (const auto problem = finish_problem(run, *news->finish)) {
        ChunkWriter::error(events, openai_error_body(*problem));
      } else {
        writer.end(events, answer_end(run, *news->finish));
      }
      co_await run.exchange.end_events(std::move(events));
      co_return;
    }
    if (!events.empty()) alive = co_await run.exchange.send_events(std::move(events));
  }
}

asio::awaitable<void> send_problem(Exchange& exchange, Problem problem) {
  Response response = openai_error_response(problem);
  co_await exchange.send(std::move(response));
}

std::optional<Problem> model_problem(const std::optional<Models::Entry>& entry,
                                     const ChatRequest& chat) {
  if (!entry) return model_not_found(chat.model);
  if (!entry->backend) {
    return Problem{
        .status = 503,
        .message = fmt::format("The model '{}' is still loading: try again soon.", chat.model),
        .type = "server_error",
        .param = "model",
        .code = "model_loading",
        .retry_after_seconds = 2};
  }
  const std::int32_t vocabulary = entry->backend->tokenizer().vocab_size();
  for (const auto& [token, bias] : chat.sampling.logit_bias) {
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

asio::awaitable<void> run_chat(const Api& api, ChatRun& run) {
  ChatRequest chat = run.request.chat;
  const Result<void> started =
      co_await run.generation.start(run.backend, std::move(chat), api.workers);
  if (!started) {
    co_await send_problem(run.exchange, backend_problem(started.error()));
  } else if (run.request.stream) {
    co_await send_stream(run);
  } else {
    co_await send_whole(run);
  }
  co_await run.generation.release();
  if (run.generation.client_left()) {
    run.metrics.clients_left.fetch_add(1);
    run.exchange.close_after();
  }
}

}  // namespace

asio::awaitable<void> openai_chat(const Api& api, Exchange& exchange) {
  auto parsed =
      parse_openai_chat(exchange.request().body, api.sampling, exchange.limits().json_depth);
  std::string().swap(
      exchange.request().body);  // up to megabytes, not needed while the answer is made
  std::optional<Problem> problem;
  std::optional<Models::Entry> entry;
  if (auto* refused = std::get_if<Problem>(&parsed)) {
    problem = std::move(*refused);
  } else {
    ChatRequest& chat = std::get<OpenAiChatRequest>(parsed).chat;
    chat.client = fmt::format("{}\n{}", shown_key(exchange.request()), chat.client);
    entry = api.models->find(chat.model);
    if (entry && entry->on_demand) {
      auto opened = co_await wait_for_model(*api.models->opener(), exchange, chat.model);
      if (!opened) {
        api.site.metrics.clients_left.fetch_add(1);
        exchange.close_after();
        co_return;
      }
      if (*opened) {
        entry->backend = std::move(**opened);
      } else {
        problem = load_problem(chat.model, opened->error());
      }
    }
    if (!problem) problem = model_problem(entry, chat);
  }
  if (problem) {
    co_await send_problem(exchange, *std::move(problem));
    co_return;
  }
  ChatRun run(api, exchange, std::get<OpenAiChatRequest>(std::move(parsed)), *std::move(entry));
  co_await run_chat(api, run);
}

}  // namespace pincer
