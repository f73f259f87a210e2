#include "server/api/anthropic_messages.h"

#include <boost/json.hpp>
#include <utility>
#include <variant>

#include "server/api/anthropic_answer.h"
#include "server/api/anthropic_error.h"
#include "server/api/anthropic_request.h"
#include "server/api/find_model.h"
#include "server/api/http_caller.h"
#include "server/api/offload.h"
#include "server/api/openai_error.h"
#include "server/api/prompt_of.h"
#include "server/http/random_id.h"

namespace pincer {
namespace json = boost::json;

namespace {

asio::awaitable<void> refuse_message(Exchange& exchange, Problem problem) {
  co_await send_problem(exchange, std::move(problem), anthropic_error_response);
}

asio::awaitable<void> send(Exchange& exchange, std::string body) {
  Response response;
  response.body = std::move(body);
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> send_whole(Exchange& exchange, Answer& answer, AnthropicHead head) {
  auto collected = co_await collect(answer);
  if (auto* problem = std::get_if<Problem>(&collected)) {
    co_await refuse_message(exchange, std::move(*problem));
  } else {
    const auto& choices = std::get<std::vector<AnswerMessage>>(collected);
    co_await send(exchange, anthropic_message(head, choices.front()));
  }
}

// Nothing after a refusal, which was sent.
asio::awaitable<std::optional<AnthropicRequest>> read(const Api& api, Exchange& exchange,
                                                      AnthropicUse use) {
  auto parsed = co_await parse_body(api, exchange, parse_anthropic_request, use, api.sampling);
  if (auto* problem = std::get_if<Problem>(&parsed)) {
    co_await refuse_message(exchange, std::move(*problem));
    co_return std::nullopt;
  }
  co_return std::get<AnthropicRequest>(std::move(parsed));
}

}  // namespace

asio::awaitable<void> anthropic_messages(const Api& api, Exchange& exchange) {
  auto request = co_await read(api, exchange, AnthropicUse::answer);
  if (!request) co_return;
  AnthropicHead head{random_id("msg_"), request->chat.model};
  HttpCaller caller(exchange);
  Answer answer(api, caller);
  auto problem = co_await answer.start(std::move(request->chat));
  if (problem) {
    co_await refuse_message(exchange, *std::move(problem));
  } else if (request->stream) {
    head.prompt_tokens = answer.prompt_tokens();
    AnthropicWriter writer(std::move(head));
    co_await stream_answer(exchange, answer, writer);
  } else {
    co_await send_whole(exchange, answer, std::move(head));
  }
  co_await answer.release();
}

asio::awaitable<void> anthropic_count_tokens(const Api& api, Exchange& exchange) {
  auto request = co_await read(api, exchange, AnthropicUse::count_tokens);
  if (!request) co_return;
  HttpCaller caller(exchange);
  FoundModel found = co_await find_model(api, caller, request->chat.model);
  if (auto* problem = std::get_if<Problem>(&found)) {
    co_await refuse_message(exchange, std::move(*problem));
    co_return;
  }
  auto backend = std::get<std::shared_ptr<Backend>>(std::move(found));
  const Result<Prompt> prompt =
      co_await prompt_of(api, std::move(backend), std::move(request->chat));
  if (!prompt) {
    co_await refuse_message(exchange, backend_problem(prompt.error()));
    co_return;
  }
  const json::object body{{"input_tokens", prompt->tokens.size()}};
  co_await send(exchange, json::serialize(body));
}

}  // namespace pincer
