#include "server/api/ollama_request.h"

#include <array>
#include <boost/json.hpp>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/logprobs_fields.h"
#include "server/api/ollama_messages.h"
#include "server/api/ollama_options.h"
#include "server/http/random_id.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr auto kOllamaChatFields =
    std::to_array<std::string_view>({"model", "messages", "tools", "stream", "think", "logprobs",
                                     "top_logprobs", "format", "options", "keep_alive"});
// Some are refused further on, with a reason.
constexpr auto kOllamaGenerateFields = std::to_array<std::string_view>(
    {"model", "prompt", "suffix", "system", "template", "context", "raw", "images", "stream",
     "think", "logprobs", "top_logprobs", "format", "options", "keep_alive"});

// "json", a schema, or "" for nothing.
void parse_format(JsonFields& fields, ChatRequest& chat) {
  const json::value* value = fields.find("format");
  if (value == nullptr || (value->is_string() && value->get_string().empty())) return;
  if (value->is_object()) {
    chat.format = OutputFormat{OutputFormat::Kind::json_schema, json::serialize(*value)};
  } else if (value->is_string() && value->get_string() == "json") {
    chat.format = OutputFormat{};
  } else {
    fields.wrong_value("format", "it must be 'json' or a JSON schema");
  }
}

// true, false, or how much.
void parse_think(JsonFields& fields, ChatRequest& chat) {
  const json::value* value = fields.find("think");
  if (value == nullptr) return;
  if (!value->is_bool() && !value->is_string())
    return fields.wrong_type("think", "a boolean or a string", *value);
  const bool thinks = value->is_string() || value->get_bool();
  if (value->is_string()) fields.text("think", chat.reasoning_effort);
  chat.template_options.emplace_back("enable_thinking", thinks);
}

void parse_context(JsonFields& fields, std::vector<TokenId>& context) {
  const json::value* value = fields.find("context");
  if (value == nullptr) return;
  if (!value->is_array()) return fields.wrong_type("context", "an array", *value);
  for (const json::value& id : value->get_array()) {
    if (!id.is_int64() || id.get_int64() < 0 ||
        id.get_int64() > std::numeric_limits<TokenId>::max())
      return fields.wrong_value("context", "token ids are integers from 0 on");
    context.push_back(static_cast<TokenId>(id.get_int64()));
  }
}

void add_message(ChatRequest& chat, std::string_view role, std::string content) {
  Message& message = chat.messages.emplace_back();
  message.role = role;
  message.content = std::move(content);
}

void parse_generate(JsonFields& fields, OllamaRequest& request) {
  std::string prompt, system;
  fields.text("prompt", prompt);
  fields.text("system", system);
  fields.boolean("raw", request.raw);
  parse_context(fields, request.context);
  for (const auto& [key, why] :
       {std::pair{"suffix", "text cannot be filled in; leave it out"},
        std::pair{"template",
                  "templates in Go's notation are not understood; the model's own is "
                  "used, or none with 'raw'"},
        std::pair{"images", "the models of this server read text only"}}) {
    const json::value* value = fields.find(key);
    if (value == nullptr || (value->is_string() && value->get_string().empty()) ||
        (value->is_array() && value->get_array().empty()))
      continue;
    fields.unsupported(key, why);
  }
  if (request.raw && (!system.empty() || !request.context.empty()))
    fields.wrong_value("raw", "a raw prompt is all that the model gets: no system, no context");
  request.load_only = prompt.empty();
  if (!system.empty()) add_message(request.chat, "system", std::move(system));
  add_message(request.chat, "user", std::move(prompt));
}

}  // namespace

std::variant<OllamaRequest, Problem> parse_ollama_request(std::string_view body, OllamaUse use,
                                                          const SamplingParams& defaults,
                                                          std::size_t max_depth) {
  auto parsed = parse_json_body(body, max_depth);
  if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
  const auto& object = std::get<json::object>(parsed);
  OllamaRequest request;
  ChatRequest& chat = request.chat;
  chat.sampling = defaults;
  chat.sampling.seed = random_seed();
  std::optional<Problem> problem;
  JsonFields fields(object, "", problem);
  fields.allow(use == OllamaUse::chat ? std::span<const std::string_view>(kOllamaChatFields)
                                      : std::span<const std::string_view>(kOllamaGenerateFields));
  if (!fields.text("model", chat.model)) fields.wrong_value("model", "it must be given");
  fields.boolean("stream", request.stream);
  if (use == OllamaUse::chat) {
    parse_ollama_messages(object, chat, problem);
    request.load_only = chat.messages.empty();
    parse_ollama_tools(object, chat, problem);
  } else {
    parse_generate(fields, request);
  }
  if (const json::object* options = fields.object("options"))
    request.num_ctx = parse_ollama_options(*options, chat, problem);
  parse_format(fields, chat);
  parse_think(fields, chat);
  parse_logprobs(fields, chat);
  check_ollama_keep_alive(object, problem);
  if (problem) return *std::move(problem);
  return request;
}

}  // namespace pincer
