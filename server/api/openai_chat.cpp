#include "server/api/openai_chat.h"

#include <functional>
#include <utility>
#include <variant>

#include "server/api/http_caller.h"
#include "server/api/offload.h"
#include "server/api/openai_chat_answer.h"
#include "server/api/openai_chat_request.h"
#include "server/api/openai_error.h"

namespace pincer {
namespace {

asio::awaitable<void> send_answer(Exchange& exchange, Answer& answer,
                                  const OpenAiChatRequest& request) {
  const Backend& backend = answer.backend();
  const AnswerHead head = answer_head("chatcmpl-", backend);
  const bool logprobs = request.chat.want_logprobs;
  if (request.streaming.stream) {
    ChunkWriter writer(head, backend.tokenizer(),
                       {request.choices, logprobs, request.streaming.include_usage});
    co_return co_await stream_answer(exchange, answer, writer);
  }
  auto choices = co_await collect(answer);
  if (auto* problem = std::get_if<Problem>(&choices))
    co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
  Response response;
  response.body = chat_completion(head, std::get<std::vector<AnswerMessage>>(choices),
                                  backend.tokenizer(), logprobs);
  co_await exchange.send(std::move(response));
}

}  // namespace

asio::awaitable<void> openai_chat(const Api& api, Exchange& exchange) {
  auto parsed = co_await parse_body(api, exchange, parse_openai_chat, api.sampling);
  if (auto* problem = std::get_if<Problem>(&parsed))
    co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
  const auto& request = std::get<OpenAiChatRequest>(parsed);
  HttpCaller caller(exchange);
  Answer answer(api, caller);
  if (auto problem = co_await answer.start(request.chat, request.choices)) {
    co_await send_problem(exchange, *std::move(problem), openai_error_response);
  } else {
    co_await send_answer(exchange, answer, request);
  }
  co_await answer.release();
}

}  // namespace pincer
