#include "server/api/anthropic_request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <limits>
#include <utility>

#include "server/api/anthropic_content.h"
#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/openai_tool_history.h"
#include "server/api/request_limits.h"
#include "server/api/tool_json.h"
#include "server/http/random_id.h"

namespace pincer {
namespace json = boost::json;

namespace {

// Some are refused further on, with a reason. `cache_control` is not needed: all prompts are kept.
constexpr auto kAnthropicFields =
    std::to_array<std::string_view>({"model",         "messages",      "max_tokens",
                                     "system",        "metadata",      "stop_sequences",
                                     "stream",        "temperature",   "top_k",
                                     "top_p",         "tools",         "tool_choice",
                                     "thinking",      "service_tier",  "output_config",
                                     "output_format", "cache_control", "anthropic_version",
                                     "container",     "mcp_servers",   "context_management"});
constexpr std::array<std::string_view, 5> kEfforts = {"low", "medium", "high", "xhigh", "max"};
constexpr std::int64_t kLeastThinking = 1024;  // tokens, as Anthropic has it

class RequestReader {
 public:
  RequestReader(const json::object& body, AnthropicRequest& request,
                std::optional<Problem>& problem)
      : fields_(body, "", problem), chat_(request.chat), request_(request), problem_(problem) {}

  void read(AnthropicUse use) {
    fields_.allow(kAnthropicFields);
    if (!fields_.text("model", chat_.model)) fields_.wrong_value("model", "it must be given");
    messages();
    tools();
    tool_choice();
    thinking();
    output_format();
    if (use == AnthropicUse::answer) answer();
    context_management();
    for (const std::string_view key : {"container", "mcp_servers"}) {
      if (fields_.find(key)) fields_.unsupported(key, "it is not supported; leave it out");
    }
  }

 private:
  void messages();
  void tools();
  void tool(const json::value& value, std::size_t index);
  void tool_choice();
  void thinking();
  void output_format();
  void context_management();
  void read_format(const json::object& format, const std::string& prefix);
  void answer();
  void stops();

  JsonFields fields_;
  ChatRequest& chat_;
  AnthropicRequest& request_;
  std::optional<Problem>& problem_;
};

void RequestReader::messages() {
  std::string system = parse_anthropic_text(fields_, "system", "", problem_);
  if (!system.empty()) {
    Message& message = chat_.messages.emplace_back();
    message.role = "system";
    message.content = std::move(system);
  }
  const json::value* value = fields_.find("messages");
  if (value == nullptr) return fields_.wrong_value("messages", "it must be an array of messages");
  if (!value->is_array()) return fields_.wrong_type("messages", "an array", *value);
  const json::array& array = value->get_array();
  if (array.empty()) fields_.wrong_value("messages", "it must have at least one message");
  for (std::size_t i = 0; i < array.size() && !problem_; ++i) {
    const std::string name = fmt::format("messages[{}]", i);
    if (!array[i].is_object()) return fields_.wrong_type(name, "an object", array[i]);
    parse_anthropic_message(array[i].get_object(), name + ".", problem_, chat_.messages);
  }
  if (problem_ || chat_.messages.empty()) return;
  const bool continues = chat_.messages.back().role == "assistant";
  if (continues && !chat_.messages.back().tool_calls.empty()) {
    return fields_.wrong_value("messages",
                               "it ends with tool_use blocks; the next message must have their "
                               "tool_result blocks");
  }
  if (const auto wrong = find_wrong_tool_history(chat_.messages)) {
    return fields_.wrong_value("messages",
                               fmt::format("the tool_use and tool_result blocks do not fit "
                                           "together: of one message, {}",
                                           wrong->why));
  }
  chat_.continue_last = continues;
}

void RequestReader::tool(const json::value& value, std::size_t index) {
  const std::string name = fmt::format("tools[{}]", index);
  if (!value.is_object()) return fields_.wrong_type(name, "an object", value);
  JsonFields fields(value.get_object(), name + ".", problem_);
  std::string type = "custom";
  fields.text("type", type);
  if (type != "custom") {
    return fields.unsupported(
        "type", fmt::format("tools of type '{}' run on Anthropic's servers or are built into its "
                            "models; describe it as a tool with a name and an input_schema",
                            type));
  }
  Tool tool;
  if (!fields.text("name", tool.name)) return fields.wrong_value("name", "it must be given");
  if (!is_tool_name(tool.name)) {
    return fields.wrong_value("name",
                              "it must be 1 to 128 letters, digits, dots, hyphens or underscores");
  }
  fields.text("description", tool.description);
  fields.boolean("strict", tool.strict);
  const json::object* schema = fields.object("input_schema");
  if (schema == nullptr) return fields.wrong_value("input_schema", "it must be a JSON schema");
  tool.parameters = json::serialize(*schema);
  chat_.tools.push_back(std::move(tool));
}

void RequestReader::tools() {
  const json::value* value = fields_.find("tools");
  if (value == nullptr) return;
  if (!value->is_array()) return fields_.wrong_type("tools", "an array", *value);
  const json::array& array = value->get_array();
  if (array.size() > kMaxTools)
    return fields_.wrong_value("tools", fmt::format("at most {} are taken", kMaxTools));
  for (std::size_t i = 0; i < array.size() && !problem_; ++i) tool(array[i], i);
  check_tools(fields_, chat_.tools);
}

void RequestReader::tool_choice() {
  const json::object* object = fields_.object("tool_choice");
  if (object == nullptr) return;
  JsonFields fields(*object, "tool_choice.", problem_);
  std::string type;
  if (!fields.text("type", type)) fields.wrong_value("type", "it must be given");
  bool one_at_most = false;
  fields.boolean("disable_parallel_tool_use", one_at_most);
  chat_.parallel_tool_calls = !one_at_most;
  using Kind = ToolChoice::Kind;
  if (type == "none") {
    chat_.tool_choice.kind = Kind::none;
  } else if (type == "any") {
    chat_.tool_choice.kind = Kind::required;
  } else if (type == "tool") {
    chat_.tool_choice.kind = Kind::named;
    std::string& name = chat_.tool_choice.name;
    if (!fields.text("name", name)) return fields.wrong_value("name", "it must be given");
    const auto same = [&name](const Tool& tool) { return tool.name == name; };
    if (std::ranges::none_of(chat_.tools, same))
      fields.wrong_value("name", fmt::format("'{}' is not among the tools", name));
  } else if (type != "auto") {
    fields.wrong_value("type", "it must be 'auto', 'any', 'tool' or 'none'");
  }
  if (type != "none" && type != "auto" && chat_.tools.empty())
    fields_.wrong_value("tool_choice", "there are no tools to choose from");
}

// What Anthropic's models do, templates that know of thinking are asked for: none unless it is
// enabled. The budget is the model's to keep.
void RequestReader::thinking() {
  bool enabled = false;
  if (const json::object* object = fields_.object("thinking")) {
    JsonFields fields(*object, "thinking.", problem_);
    std::string type;
    fields.text("type", type);
    if (type != "enabled" && type != "disabled" && type != "adaptive")
      return fields.wrong_value("type", "it must be 'enabled', 'disabled' or 'adaptive'");
    enabled = type != "disabled";
    std::int64_t budget = 0;
    fields.integer("budget_tokens", budget, kLeastThinking, kMaxInt);
    if (type == "enabled" && budget == 0) fields.wrong_value("budget_tokens", "it must be given");
  }
  chat_.template_options.emplace_back("enable_thinking", enabled);
}

// Claude Code always asks to leave out earlier thinking: what of it is shown is the template's to
// say. Other edits would change what the model reads.
void RequestReader::context_management() {
  const json::object* object = fields_.object("context_management");
  if (object == nullptr) return;
  JsonFields fields(*object, "context_management.", problem_);
  const json::value* edits = fields.find("edits");
  if (edits == nullptr) return;
  if (!edits->is_array()) return fields.wrong_type("edits", "an array", *edits);
  for (const json::value& edit : edits->get_array()) {
    const json::value* type = edit.is_object() ? edit.get_object().if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string() ||
        !type->get_string().starts_with("clear_thinking_")) {
      return fields.unsupported("edits",
                                "the only edit that is taken is clear_thinking; leave "
                                "others out");
    }
  }
}

void RequestReader::read_format(const json::object& format, const std::string& prefix) {
  JsonFields fields(format, prefix, problem_);
  std::string type;
  fields.text("type", type);
  if (type != "json_schema") return fields.wrong_value("type", "it must be 'json_schema'");
  const json::object* schema = fields.object("schema");
  if (schema == nullptr) return fields.wrong_value("schema", "it must be a JSON schema");
  chat_.format = OutputFormat{OutputFormat::Kind::json_schema, json::serialize(*schema)};
}

void RequestReader::output_format() {
  if (const json::object* format = fields_.object("output_format"))
    read_format(*format, "output_format.");  // the name that it had as a beta
  const json::object* config = fields_.object("output_config");
  if (config == nullptr) return;
  JsonFields fields(*config, "output_config.", problem_);
  // How much to spend, not whether to think: templates that do not know it are not told.
  std::string effort;
  if (fields.text("effort", effort)) {
    if (std::ranges::find(kEfforts, effort) == kEfforts.end())
      fields.wrong_value("effort", fmt::format("it must be one of {}", fmt::join(kEfforts, ", ")));
    chat_.template_options.emplace_back("reasoning_effort", jinja::Value::text(effort, true));
  }
  if (const json::object* format = fields.object("format"))
    read_format(*format, "output_config.format.");
}

void RequestReader::stops() {
  const json::value* value = fields_.find("stop_sequences");
  if (value == nullptr) return;
  if (!value->is_array()) return fields_.wrong_type("stop_sequences", "an array", *value);
  if (value->get_array().size() > kMaxStops)
    return fields_.wrong_value("stop_sequences", fmt::format("at most {} are taken", kMaxStops));
  for (const json::value& stop : value->get_array()) {
    if (!stop.is_string()) return fields_.wrong_type("stop_sequences", "an array of strings", stop);
    if (stop.get_string().empty() || stop.get_string().size() > kMaxStopBytes) {
      return fields_.wrong_value("stop_sequences",
                                 fmt::format("each has from 1 to {} bytes", kMaxStopBytes));
    }
    chat_.stops.emplace_back(stop.get_string().data(), stop.get_string().size());
  }
}

void RequestReader::answer() {
  std::int64_t max_tokens = 0, top_k = chat_.sampling.top_k;
  if (!fields_.integer("max_tokens", max_tokens, 1, kMaxInt))
    fields_.wrong_value("max_tokens", "it must be given");
  chat_.max_tokens = static_cast<int>(max_tokens);
  fields_.number("temperature", chat_.sampling.temperature, 0, 1);
  fields_.number("top_p", chat_.sampling.top_p, 0, 1);
  fields_.integer("top_k", top_k, 0, kMaxInt);
  chat_.sampling.top_k = static_cast<int>(top_k);
  chat_.sampling.seed = random_seed();
  stops();
  fields_.boolean("stream", request_.stream);
  if (const json::object* metadata = fields_.object("metadata"))
    JsonFields(*metadata, "metadata.", problem_).text("user_id", chat_.client);
  std::string tier = "auto";
  fields_.text("service_tier", tier);
  if (tier != "auto" && tier != "standard_only")
    fields_.wrong_value("service_tier", "it must be 'auto' or 'standard_only'");
}

}  // namespace

std::variant<AnthropicRequest, Problem> parse_anthropic_request(std::string_view body,
                                                                AnthropicUse use,
                                                                const SamplingParams& defaults,
                                                                std::size_t max_depth) {
  auto parsed = parse_json_body(body, max_depth);
  if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
  AnthropicRequest request;
  request.chat.sampling = defaults;
  std::optional<Problem> problem;
  RequestReader(std::get<json::object>(parsed), request, problem).read(use);
  if (problem) return *std::move(problem);
  return request;
}

}  // namespace pincer
