#include "server/api/ollama_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <utility>
#include <variant>

#include "server/api/answer_stream.h"
#include "server/api/find_model.h"
#include "server/api/http_caller.h"
#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/ollama_error.h"
#include "server/api/ollama_names.h"

namespace pincer {
namespace json = boost::json;

namespace {

using std::chrono::system_clock;

// The version of Ollama whose API is spoken here: some clients ask for a least one.
constexpr std::string_view kSpoken = "0.13.0";
// Models expire when others need their memory: nobody knows when. Ollama writes such a time, too.
constexpr auto kNever = std::chrono::hours(24) * 365 * 100;

// "134.5M"
std::string parameter_size(std::int64_t parameters) {
  const auto count = static_cast<double>(parameters);
  return count >= 1e9 ? fmt::format("{:.1f}B", count / 1e9) : fmt::format("{:.1f}M", count / 1e6);
}

// 64 digits, as Ollama's have: its own client shows the first ones, and fails where there are none.
std::string digest_of(const ModelDetails& details) {
  constexpr std::size_t kDigits = 64;
  return details.digest.substr(0, kDigits) +
         std::string(kDigits - std::min(details.digest.size(), kDigits), '0');
}

json::object details_json(const ModelDetails& details) {
  json::array families;
  if (!details.family.empty()) families.emplace_back(details.family);
  return {{"parent_model", ""},
          {"format", "gguf"},
          {"family", details.family},
          {"families", std::move(families)},
          {"parameter_size", parameter_size(details.parameters)},
          {"quantization_level", details.weights}};
}

// What is not loaded has a name and nothing else that is known.
json::object ollama_model(const Models::Entry& entry) {
  const ModelDetails details = entry.backend ? entry.backend->details() : ModelDetails{};
  const std::string name = name_for_ollama(entry.name);
  return {{"name", name},
          {"model", name},
          {"modified_at", rfc3339(system_clock::from_time_t(entry.created))},
          {"size", details.bytes},
          {"digest", digest_of(details)},
          {"details", details_json(details)}};
}

asio::awaitable<void> send(Exchange& exchange, json::object body) {
  Response response;
  response.body = json::serialize(body);
  co_await exchange.send(std::move(response));
}

bool mentions(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

json::array capabilities(const ModelDetails& details) {
  json::array all{"completion", "embedding"};
  if (mentions(details.chat_template, "tools")) all.emplace_back("tools");
  if (mentions(details.chat_template, "thinking") || mentions(details.chat_template, "<think>"))
    all.emplace_back("thinking");
  return all;
}

json::object model_info(const ModelDetails& details) {
  json::object info{{"general.architecture", details.family},
                    {"general.basename", details.title},
                    {"general.parameter_count", details.parameters}};
  const auto add = [&](std::string_view key, int value) {
    info[fmt::format("{}.{}", details.family, key)] = value;
  };
  add("context_length", details.context);
  add("embedding_length", details.embedding_length);
  add("block_count", details.layers);
  add("attention.head_count", details.heads);
  add("attention.head_count_kv", details.kv_heads);
  add("vocab_size", details.vocabulary);
  return info;
}

json::object show_json(const std::string& name, const Backend& backend) {
  const ModelDetails details = backend.details();
  return {{"modelfile", fmt::format("FROM {}\n", name)},
          {"parameters", ""},
          {"template", details.chat_template},  // Jinja
          {"details", details_json(details)},
          {"model_info", model_info(details)},
          {"capabilities", capabilities(details)},
          {"modified_at", rfc3339(system_clock::now())}};
}

std::variant<std::string, Problem> parse_name(std::string_view body, std::size_t max_depth) {
  auto parsed = parse_json_body(body, max_depth);
  if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
  std::optional<Problem> problem;
  std::string name;
  JsonFields fields(std::get<json::object>(parsed), "", problem);
  if (!fields.text("model", name) && !fields.text("name", name))
    fields.wrong_value("model", "it must be given");
  if (problem) return *std::move(problem);
  return name;
}

}  // namespace

asio::awaitable<void> ollama_tags(const Api& api, Exchange& exchange) {
  json::array models;
  for (const Models::Entry& entry : api.models->list()) models.push_back(ollama_model(entry));
  json::object body{{"models", std::move(models)}};
  co_await send(exchange, std::move(body));
}

asio::awaitable<void> ollama_ps(const Api& api, Exchange& exchange) {
  json::array models;
  for (const Models::Entry& entry : api.models->list()) {
    if (!entry.backend) continue;
    json::object model = ollama_model(entry);
    model["expires_at"] = rfc3339(system_clock::now() + kNever);
    model["size_vram"] = 0;
    model["context_length"] = entry.backend->context();
    models.push_back(std::move(model));
  }
  json::object body{{"models", std::move(models)}};
  co_await send(exchange, std::move(body));
}

asio::awaitable<void> ollama_version(Exchange& exchange) {
  json::object body{{"version", json::string(kSpoken)}};
  co_await send(exchange, std::move(body));
}

asio::awaitable<void> ollama_show(const Api& api, Exchange& exchange) {
  auto parsed = parse_name(exchange.take_body(), exchange.limits().json_depth);
  if (auto* problem = std::get_if<Problem>(&parsed))
    co_return co_await send_problem(exchange, std::move(*problem), ollama_error_response);
  const std::string name = name_from_ollama(*api.models, std::get<std::string>(parsed));
  HttpCaller caller(exchange);
  FoundModel found = co_await find_model(api, caller, name);
  if (auto* problem = std::get_if<Problem>(&found))
    co_return co_await send_problem(exchange, std::move(*problem), ollama_error_response);
  json::object body = show_json(name, *std::get<std::shared_ptr<Backend>>(found));
  co_await send(exchange, std::move(body));
}

}  // namespace pincer
