#include "server/api/responses.h"

#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "server/api/answer_stream.h"
#include "server/api/find_model.h"
#include "server/api/http_caller.h"
#include "server/api/offload.h"
#include "server/api/openai_error.h"
#include "server/api/prompt_of.h"
#include "server/api/response_store.h"
#include "server/api/stored_responses.h"
#include "server/http/sse.h"

namespace pincer {
namespace json = boost::json;

namespace {

std::variant<ResponsesRequest, Problem> parse_text(std::string_view body,
                                                   const SamplingParams& defaults,
                                                   std::size_t max_depth) {
  return parse_responses_request(body, defaults, max_depth);
}

// What came before goes in front of the input.
asio::awaitable<std::optional<Problem>> recall(const Api& api, const Caller& caller,
                                               ResponsesRequest& request) {
  std::vector<Message> history;
  if (request.previous_response_id) {
    const std::string id = *request.previous_response_id;
    std::string owner(caller.identity());
    const auto previous = co_await api.responses->find(id, std::move(owner));
    if (!previous) co_return history_problem(previous.error(), id, "previous_response_id");
    if (*previous == nullptr) {
      Problem problem = response_not_found(id, "previous_response_id");
      problem.status = 400;
      problem.code = "previous_response_not_found";
      co_return problem;
    }
    history = (*previous)->history;
  }
  co_return join_history(request, std::move(history));
}

// Also where the response repeats it.
std::optional<Problem> complete_model_name(const Api& api, ResponsesRequest& request) {
  auto problem = complete_model_name(*api.models, request.chat.model);
  request.echo["model"] = request.chat.model;
  return problem;
}

// The last of the events says whether it was possible.
asio::awaitable<void> keep(const Api& api, const Caller& caller, const ResponsesRequest& request,
                           ResponseBuilder& builder, ResponseEvents& events) {
  if (!request.store) co_return;
  const auto stored = std::make_shared<StoredResponse>();
  stored->id = builder.id();
  stored->owner = caller.identity();
  stored->body = json::serialize(builder.response());
  stored->input_items = json::serialize(request.input_items);
  stored->history = builder.history();
  ResponseStore::Response response = stored;
  const auto kept = co_await api.responses->put(std::move(response));
  if (kept) co_return;
  spdlog::error("a response is not stored: {}", kept.error().message);
  builder.not_stored(events);
}

// From a started answer to the last event, unless the caller leaves.
asio::awaitable<void> run(const Api& api, const Caller& caller, Answer& answer,
                          const ResponsesRequest& request, ResponseSink& sink) {
  ResponseBuilder builder(request, answer.backend().tokenizer());
  ResponseEvents events;
  builder.begin(events);
  for (;;) {
    if (!events.empty()) {
      const bool listening = co_await sink.send(std::exchange(events, {}));
      if (!listening) co_return;
    }
    std::optional<AnswerNews> news = co_await answer.next();
    if (!news) co_return;
    if (news->problem) {
      builder.failed(events, *news->problem);
    } else {
      builder.news(events, *news);
    }
    if (!news->problem && !news->end) continue;
    // Before the client hears of its end: it may go on from it at once.
    if (news->end) co_await keep(api, caller, request, builder, events);
    co_return co_await sink.end(std::move(events), builder.response(), std::move(news->problem));
  }
}

class SseSink final : public ResponseSink {
 public:
  explicit SseSink(Exchange& exchange) : exchange_(exchange) {}
  asio::awaitable<bool> send(ResponseEvents events) override {
    co_return co_await exchange_.send_events(bytes_of(events));
  }
  asio::awaitable<void> end(ResponseEvents events, json::object, std::optional<Problem>) override {
    co_await exchange_.end_events(bytes_of(events));
  }

 private:
  static std::string bytes_of(const ResponseEvents& events) {
    std::string bytes;
    for (const ResponseEvent& event : events) append_sse_event(bytes, event.json, event.type);
    return bytes;
  }
  Exchange& exchange_;
};

class WholeSink final : public ResponseSink {
 public:
  explicit WholeSink(Exchange& exchange) : exchange_(exchange) {}
  asio::awaitable<bool> send(ResponseEvents) override { co_return true; }
  asio::awaitable<void> end(ResponseEvents, json::object response,
                            std::optional<Problem> problem) override {
    if (problem)
      co_return co_await send_problem(exchange_, *std::move(problem), openai_error_response);
    Response whole;
    whole.body = json::serialize(response);
    co_await exchange_.send(std::move(whole));
  }

 private:
  Exchange& exchange_;
};

}  // namespace

asio::awaitable<std::optional<Problem>> make_response(const Api& api, Caller& caller,
                                                      ResponsesRequest request,
                                                      ResponseSink& sink) {
  auto problem = complete_model_name(api, request);
  if (!problem) problem = co_await recall(api, caller, request);
  if (problem) co_return problem;
  Answer answer(api, caller);
  problem = co_await answer.start(request.chat);
  if (!problem) co_await run(api, caller, answer, request, sink);
  co_await answer.release();
  co_return problem;
}

asio::awaitable<void> create_response(const Api& api, Exchange& exchange) {
  auto parsed = co_await parse_body(api, exchange, parse_text, api.sampling);
  if (auto* problem = std::get_if<Problem>(&parsed))
    co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
  auto& request = std::get<ResponsesRequest>(parsed);
  HttpCaller caller(exchange);
  SseSink events(exchange);
  WholeSink whole(exchange);
  ResponseSink& sink = request.stream ? static_cast<ResponseSink&>(events) : whole;
  if (auto problem = co_await make_response(api, caller, std::move(request), sink))
    co_await send_problem(exchange, *std::move(problem), openai_error_response);
}

asio::awaitable<void> count_response_input(const Api& api, Exchange& exchange) {
  auto parsed = co_await parse_body(api, exchange, parse_text, api.sampling);
  auto* problem = std::get_if<Problem>(&parsed);
  if (problem != nullptr)
    co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
  auto& request = std::get<ResponsesRequest>(parsed);
  HttpCaller caller(exchange);
  auto unknown = complete_model_name(api, request);
  if (!unknown) unknown = co_await recall(api, caller, request);
  if (unknown)
    co_return co_await send_problem(exchange, *std::move(unknown), openai_error_response);
  FoundModel found = co_await find_model(api, caller, request.chat.model);
  problem = std::get_if<Problem>(&found);
  if (problem != nullptr)
    co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
  const auto prompt = co_await prompt_of(api, std::get<std::shared_ptr<Backend>>(std::move(found)),
                                         std::move(request.chat));
  if (!prompt) {
    co_return co_await send_problem(exchange, backend_problem(prompt.error()),
                                    openai_error_response);
  }
  Response response;
  response.body = json::serialize(
      json::object{{"object", "response.input_tokens"}, {"input_tokens", prompt->tokens.size()}});
  co_await exchange.send(std::move(response));
}

}  // namespace pincer
