#include "server/api/openai_completions.h"

#include <functional>
#include <utility>
#include <variant>

#include "server/api/http_caller.h"
#include "server/api/offload.h"
#include "server/api/openai_completions_answer.h"
#include "server/api/openai_completions_request.h"
#include "server/api/openai_error.h"

namespace pincer {
namespace {

std::string prompt_text(const ChatRequest& request, const Tokenizer& tokenizer) {
  if (const auto* text = std::get_if<std::string>(&request.raw_prompt)) return *text;
  return tokenizer.decode(std::get<std::vector<TokenId>>(request.raw_prompt), true);
}

CompletionOptions options_of(const OpenAiCompletionsRequest& request, const Tokenizer& tokenizer) {
  CompletionOptions options;
  options.choices = request.choices;
  options.want_logprobs = request.prompts.front().want_logprobs;
  options.include_usage = request.streaming.include_usage;
  if (!request.echo) return options;
  for (const ChatRequest& prompt : request.prompts)
    options.echoes.push_back(prompt_text(prompt, tokenizer));
  return options;
}

asio::awaitable<void> send_answer(Exchange& exchange, Answer& answer,
                                  const OpenAiCompletionsRequest& request) {
  const Tokenizer& tokenizer = answer.backend().tokenizer();
  const AnswerHead head = answer_head("cmpl-", answer.backend());
  CompletionOptions options = options_of(request, tokenizer);
  if (request.streaming.stream) {
    CompletionWriter writer(head, tokenizer, std::move(options));
    co_return co_await stream_answer(exchange, answer, writer);
  }
  auto choices = co_await collect(answer);
  if (auto* problem = std::get_if<Problem>(&choices))
    co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
  Response response;
  response.body =
      text_completion(head, std::get<std::vector<AnswerMessage>>(choices), tokenizer, options);
  co_await exchange.send(std::move(response));
}

}  // namespace

asio::awaitable<void> openai_completions(const Api& api, Exchange& exchange) {
  auto parsed = co_await parse_body(api, exchange, parse_openai_completions, api.sampling);
  if (auto* problem = std::get_if<Problem>(&parsed))
    co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
  const auto& request = std::get<OpenAiCompletionsRequest>(parsed);
  HttpCaller caller(exchange);
  Answer answer(api, caller);
  if (auto problem = co_await answer.start(request.prompts, request.choices)) {
    co_await send_problem(exchange, *std::move(problem), openai_error_response);
  } else {
    co_await send_answer(exchange, answer, request);
  }
  co_await answer.release();
}

}  // namespace pincer
