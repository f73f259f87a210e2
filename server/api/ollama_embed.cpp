#include "server/api/ollama_embed.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <limits>
#include <string_view>
#include <utility>
#include <variant>

#include "server/api/answer_stream.h"
#include "server/api/embed.h"
#include "server/api/embedding_text.h"
#include "server/api/http_caller.h"
#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/offload.h"
#include "server/api/ollama_error.h"
#include "server/api/ollama_names.h"
#include "server/api/ollama_options.h"
#include "server/api/request_limits.h"

namespace pincer {
namespace json = boost::json;

namespace {

void add_text(JsonFields& fields, const std::string& name, const json::value& value, bool truncate,
              EmbeddingJob& job) {
  if (!value.is_string()) return fields.wrong_type(name, "a string", value);
  if (value.get_string().empty()) return fields.wrong_value(name, "it must not be empty");
  job.inputs.push_back({.content = std::string(value.get_string()), .truncate = truncate});
}

// `key` is "input", a text or an array of them, or "prompt", a text.
std::variant<EmbeddingJob, Problem> parse(std::string_view body, std::string_view key,
                                          std::size_t max_depth) {
  auto parsed = parse_json_body(body, max_depth);
  if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
  const auto& object = std::get<json::object>(parsed);
  EmbeddingJob job;
  std::optional<Problem> problem;
  JsonFields fields(object, "", problem);
  const auto known = std::to_array<std::string_view>(
      {"model", key, "truncate", "dimensions", "options", "keep_alive"});
  fields.allow(known);
  if (!fields.text("model", job.model)) fields.wrong_value("model", "it must be given");
  bool truncate = true;
  fields.boolean("truncate", truncate);
  std::int64_t dimensions = 0;
  fields.integer("dimensions", dimensions, 0, std::numeric_limits<int>::max());
  job.dimensions = static_cast<int>(dimensions);
  ChatRequest unused;  // of the options only their names and types matter
  if (const json::object* options = fields.object("options"))
    parse_ollama_options(*options, unused, problem);
  check_ollama_keep_alive(object, problem);
  const json::value* input = fields.find(key);
  if (input == nullptr) {
    fields.wrong_value(key, "it must be given");
  } else if (key != "input" || !input->is_array()) {
    add_text(fields, std::string(key), *input, truncate, job);
  } else {
    const json::array& array = input->get_array();
    if (array.size() > kMaxInputs)
      fields.wrong_value(key, fmt::format("at most {} are taken", kMaxInputs));
    for (std::size_t i = 0; i < array.size() && !fields.failed(); ++i)
      add_text(fields, fmt::format("{}[{}]", key, i), array[i], truncate, job);
  }
  if (problem) return *std::move(problem);
  return job;
}

// Nothing after a refusal, which was sent.
asio::awaitable<std::optional<std::pair<std::string, Embeddings>>> make(const Api& api,
                                                                        Exchange& exchange,
                                                                        std::string_view key) {
  auto parsed = co_await parse_body(api, exchange, parse, key);
  if (auto* problem = std::get_if<Problem>(&parsed)) {
    co_await send_problem(exchange, std::move(*problem), ollama_error_response);
    co_return std::nullopt;
  }
  auto& job = std::get<EmbeddingJob>(parsed);
  std::string model = job.model;
  job.model = name_from_ollama(*api.models, std::move(job.model));
  HttpCaller caller(exchange);
  auto made = co_await embed(api, caller, std::move(job));
  if (auto* problem = std::get_if<Problem>(&made)) {
    co_await send_problem(exchange, std::move(*problem), ollama_error_response);
    co_return std::nullopt;
  }
  co_return std::pair(std::move(model), std::get<Embeddings>(std::move(made)));
}

}  // namespace

asio::awaitable<void> ollama_embed(const Api& api, Exchange& exchange) {
  const auto made = co_await make(api, exchange, "input");
  if (!made) co_return;
  const auto& [model, embeddings] = *made;
  Response response;
  std::string& body = response.body;
  body = fmt::format(R"({{"model":{},"embeddings":[)", json::serialize(json::string(model)));
  for (std::size_t i = 0; i < embeddings.vectors.size(); ++i) {
    if (i > 0) body += ',';
    append_floats(body, embeddings.vectors[i]);
  }
  const std::chrono::nanoseconds total =
      std::chrono::steady_clock::now() - exchange.request().received;
  body += fmt::format(R"(],"total_duration":{},"load_duration":0,"prompt_eval_count":{}}})",
                      total.count(), embeddings.tokens);
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> ollama_embeddings(const Api& api, Exchange& exchange) {
  const auto made = co_await make(api, exchange, "prompt");
  if (!made) co_return;
  Response response;
  response.body = R"({"embedding":)";
  append_floats(response.body, made->second.vectors.front());
  response.body += '}';
  co_await exchange.send(std::move(response));
}

}  // namespace pincer
