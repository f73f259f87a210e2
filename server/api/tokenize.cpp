#include "server/api/tokenize.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <limits>
#include <utility>
#include <variant>

#include "server/api/answer_stream.h"
#include "server/api/find_model.h"
#include "server/api/http_caller.h"
#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/logprobs_json.h"
#include "server/api/offload.h"
#include "server/api/openai_chat_request.h"
#include "server/api/openai_error.h"
#include "server/api/prompt_of.h"

namespace pincer {
namespace json = boost::json;

namespace {

std::string first_model(const Models& models) {
  const auto all = models.list();
  return all.empty() ? std::string() : all.front().name;
}

struct TokenizeRequest {
  std::string model, content;
  bool add_special = false;   // the token that begins texts
  bool parse_special = true;  // special tokens in the text are read as such
  bool with_pieces = false;   // the bytes of each token as well
};

TokenizeRequest parse_tokenize(JsonFields& fields, std::string model) {
  TokenizeRequest request;
  request.model = std::move(model);
  fields.text("model", request.model);
  if (!fields.text("content", request.content)) fields.wrong_value("content", "it must be given");
  fields.boolean("add_special", request.add_special);
  fields.boolean("parse_special", request.parse_special);
  fields.boolean("with_pieces", request.with_pieces);
  return request;
}

struct DetokenizeRequest {
  std::string model;
  std::vector<TokenId> tokens;
};

DetokenizeRequest parse_detokenize(JsonFields& fields, std::string model) {
  DetokenizeRequest request{std::move(model), {}};
  fields.text("model", request.model);
  const json::value* value = fields.find("tokens");
  if (value == nullptr) return fields.wrong_value("tokens", "it must be given"), request;
  if (!value->is_array()) return fields.wrong_type("tokens", "an array", *value), request;
  for (const json::value& id : value->get_array()) {
    if (!id.is_int64() || id.get_int64() < 0 ||
        id.get_int64() > std::numeric_limits<TokenId>::max())
      return fields.wrong_value("tokens", "token ids are integers from 0 on"), request;
    request.tokens.push_back(static_cast<TokenId>(id.get_int64()));
  }
  return request;
}

// A string, or an array of bytes where these are no text.
json::value piece_json(std::string_view bytes) {
  if (valid_utf8(bytes) == bytes) return json::string(bytes);
  json::array numbers;
  for (const char byte : bytes) numbers.emplace_back(static_cast<unsigned char>(byte));
  return numbers;
}

json::array tokens_json(const Tokenizer& tokenizer, const std::vector<TokenId>& tokens,
                        bool with_pieces) {
  json::array all;
  for (const TokenId id : tokens) {
    if (with_pieces) {
      all.push_back({{"id", id}, {"piece", piece_json(tokenizer.token_bytes(id))}});
    } else {
      all.emplace_back(id);
    }
  }
  return all;
}

std::optional<Problem> vocabulary_problem(const Tokenizer& tokenizer,
                                          const std::vector<TokenId>& tokens) {
  for (const TokenId id : tokens) {
    if (id < tokenizer.vocab_size()) continue;
    return Problem{.message = fmt::format("Invalid value for 'tokens': this model's token ids are "
                                          "from 0 to {}, but one is {}.",
                                          tokenizer.vocab_size() - 1, id),
                   .param = "tokens",
                   .code = "invalid_value"};
  }
  return std::nullopt;
}

asio::awaitable<void> refuse_text(Exchange& exchange, Problem problem) {
  co_await send_problem(exchange, std::move(problem), openai_error_response);
}

asio::awaitable<void> send_object(Exchange& exchange, json::object body) {
  Response response;
  response.body = json::serialize(body);
  co_await exchange.send(std::move(response));
}

// Reads the body, by `parse`, and finds its model; nothing after a refusal, which was sent.
template <class Parsed>
asio::awaitable<std::optional<std::pair<Parsed, std::shared_ptr<Backend>>>> read(
    const Api& api, Exchange& exchange, Parsed (*parse)(JsonFields&, std::string)) {
  auto body = co_await parse_body(api, exchange, parse_json_body);
  std::optional<Problem> problem;
  Parsed parsed;
  if (auto* refused = std::get_if<Problem>(&body)) {
    problem = std::move(*refused);
  } else {
    JsonFields fields(std::get<json::object>(body), "", problem);
    parsed = parse(fields, first_model(*api.models));
  }
  std::shared_ptr<Backend> backend;
  if (!problem) {
    HttpCaller caller(exchange);
    FoundModel found = co_await find_model(api, caller, parsed.model);
    if (auto* refused = std::get_if<Problem>(&found)) {
      problem = std::move(*refused);
    } else {
      backend = std::get<std::shared_ptr<Backend>>(std::move(found));
    }
  }
  if (problem) {
    co_await refuse_text(exchange, *std::move(problem));
    co_return std::nullopt;
  }
  co_return std::pair(std::move(parsed), std::move(backend));
}

}  // namespace

asio::awaitable<void> tokenize(const Api& api, Exchange& exchange) {
  auto asked = co_await read<TokenizeRequest>(api, exchange, parse_tokenize);
  if (!asked) co_return;
  auto& [request, backend] = *asked;
  TextPiece text{std::move(request.content), request.parse_special};
  const std::vector<TokenId> tokens =
      co_await tokens_of(api, backend, std::move(text), request.add_special);
  json::object body{{"tokens", tokens_json(backend->tokenizer(), tokens, request.with_pieces)}};
  co_await send_object(exchange, std::move(body));
}

asio::awaitable<void> detokenize(const Api& api, Exchange& exchange) {
  const auto asked = co_await read<DetokenizeRequest>(api, exchange, parse_detokenize);
  if (!asked) co_return;
  const auto& [request, backend] = *asked;
  if (auto problem = vocabulary_problem(backend->tokenizer(), request.tokens))
    co_return co_await refuse_text(exchange, *std::move(problem));
  const std::string text = backend->tokenizer().decode(request.tokens, true);
  json::object body{{"content", valid_utf8(text)}};
  co_await send_object(exchange, std::move(body));
}

asio::awaitable<void> apply_template(const Api& api, Exchange& exchange) {
  const std::size_t depth = exchange.limits().json_depth;
  auto body = co_await parse_body(api, exchange, parse_json_body);
  if (auto* problem = std::get_if<Problem>(&body))
    co_return co_await refuse_text(exchange, std::move(*problem));
  auto& object = std::get<json::object>(body);
  if (!object.contains("model")) object["model"] = first_model(*api.models);
  auto parsed = parse_openai_chat(json::serialize(object), api.sampling, depth);
  if (auto* problem = std::get_if<Problem>(&parsed))
    co_return co_await refuse_text(exchange, std::move(*problem));
  auto& chat = std::get<OpenAiChatRequest>(parsed).chat;
  HttpCaller caller(exchange);
  FoundModel found = co_await find_model(api, caller, chat.model);
  if (auto* problem = std::get_if<Problem>(&found))
    co_return co_await refuse_text(exchange, std::move(*problem));
  auto backend = std::get<std::shared_ptr<Backend>>(std::move(found));
  const Result<Prompt> prompt = co_await prompt_of(api, std::move(backend), std::move(chat));
  if (!prompt) co_return co_await refuse_text(exchange, backend_problem(prompt.error()));
  std::string text;
  for (const TextPiece& piece : prompt->text) text += piece.text;
  json::object answer{{"prompt", std::move(text)}};
  co_await send_object(exchange, std::move(answer));
}

}  // namespace pincer
