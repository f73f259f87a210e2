#include "server/api/ollama_chat.h"

#include <utility>
#include <variant>

#include "server/api/find_model.h"
#include "server/api/http_caller.h"
#include "server/api/offload.h"
#include "server/api/ollama_answer.h"
#include "server/api/ollama_error.h"
#include "server/api/ollama_names.h"
#include "server/api/ollama_options.h"
#include "server/api/openai_error.h"
#include "server/api/prompt_of.h"

namespace pincer {
namespace {

asio::awaitable<void> send_json(Exchange& exchange, std::string body) {
  Response response;
  response.body = std::move(body);
  co_await exchange.send(std::move(response));
}

// The tokens of a generate request's prompt, which its answer returns, behind those that it goes on
// from.
asio::awaitable<std::optional<Problem>> make_prompt(const Api& api,
                                                    std::shared_ptr<Backend> backend,
                                                    OllamaRequest& request, OllamaHead& head) {
  ChatRequest& chat = request.chat;
  if (request.raw) {
    TextPiece text{std::move(chat.messages.back().content), true};
    chat.raw_prompt = co_await tokens_of(api, std::move(backend), std::move(text), true);
    chat.messages.clear();
    co_return std::nullopt;
  }
  const TokenId bos = backend->tokenizer().bos();
  Result<Prompt> prompt = co_await prompt_of(api, std::move(backend), chat);
  if (!prompt) co_return backend_problem(prompt.error());
  head.prompt = std::move(prompt->tokens);
  if (request.context.empty()) co_return std::nullopt;
  if (bos >= 0 && !head.prompt.empty() && head.prompt.front() == bos)
    head.prompt.erase(head.prompt.begin());
  head.prompt.insert(head.prompt.begin(), request.context.begin(), request.context.end());
  chat.raw_prompt = head.prompt;
  chat.messages.clear();
  co_return std::nullopt;
}

// What has to be known of the model before the answer starts.
asio::awaitable<std::optional<Problem>> prepare(const Api& api, Caller& caller,
                                                OllamaRequest& request, OllamaHead& head) {
  const bool generates = head.use == OllamaUse::generate;
  if (!generates && !request.load_only && request.num_ctx == 0) co_return std::nullopt;
  FoundModel found = co_await find_model(api, caller, request.chat.model);
  if (auto* problem = std::get_if<Problem>(&found)) co_return std::move(*problem);
  auto backend = std::get<std::shared_ptr<Backend>>(std::move(found));
  if (auto problem = context_problem(request.num_ctx, backend->context()))
    co_return *std::move(problem);
  if (!generates || request.load_only) co_return std::nullopt;
  co_return co_await make_prompt(api, std::move(backend), request, head);
}

asio::awaitable<void> send_answer(Exchange& exchange, Answer& answer, OllamaHead head,
                                  bool stream) {
  head.load = std::chrono::steady_clock::now() - head.asked;
  const Tokenizer& tokenizer = answer.backend().tokenizer();
  if (stream) {
    OllamaWriter writer(std::move(head), tokenizer);
    co_return co_await stream_answer(exchange, answer, writer);
  }
  auto collected = co_await collect(answer);
  if (auto* problem = std::get_if<Problem>(&collected))
    co_return co_await send_problem(exchange, std::move(*problem), ollama_error_response);
  const auto& choices = std::get<std::vector<AnswerMessage>>(collected);
  co_await send_json(exchange, ollama_answer(head, choices.front(), tokenizer));
}

}  // namespace

asio::awaitable<void> ollama_chat(const Api& api, OllamaUse use, Exchange& exchange) {
  auto parsed = co_await parse_body(api, exchange, parse_ollama_request, use, api.sampling);
  if (auto* problem = std::get_if<Problem>(&parsed))
    co_return co_await send_problem(exchange, std::move(*problem), ollama_error_response);
  auto& request = std::get<OllamaRequest>(parsed);
  OllamaHead head;
  head.use = use;
  head.model = request.chat.model;
  head.asked = exchange.request().received;
  head.want_logprobs = request.chat.want_logprobs;
  request.chat.model = name_from_ollama(*api.models, std::move(request.chat.model));
  HttpCaller caller(exchange);
  if (auto problem = co_await prepare(api, caller, request, head))
    co_return co_await send_problem(exchange, *std::move(problem), ollama_error_response);
  if (request.load_only) co_return co_await send_json(exchange, ollama_loaded(head));
  Answer answer(api, caller);
  if (auto problem = co_await answer.start(std::move(request.chat))) {
    co_await send_problem(exchange, *std::move(problem), ollama_error_response);
  } else {
    co_await send_answer(exchange, answer, std::move(head), request.stream);
  }
  co_await answer.release();
}

}  // namespace pincer
