#include "server/chat/template_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "server/chat/date_variables.h"
#include "server/chat/jinja_value.h"
#include "server/chat/tool_prompt.h"

namespace pincer {
namespace json = boost::json;

namespace {

using Calls = AnswerFormat::Calls;

jinja::Value trusted(std::string_view text) { return jinja::Value::text(std::string(text), true); }
jinja::Value untrusted(const std::string& text) { return jinja::Value::text(text, false); }

// What came through a dialect's parser is sound; this is for those who fill a request themselves.
Result<jinja::Value> parse_object(const std::string& text, const std::string& what) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object())
    return Error{ErrorCode::invalid_argument, fmt::format("{} must be a JSON object.", what)};
  return jinja_value(value);
}

// An id of nine letters and digits for another, always the same one.
std::string short_id(const std::string& id) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  constexpr std::size_t kLength = 9;
  if (id.size() == kLength && id.find_first_not_of(kDigits) == std::string::npos) return id;
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  std::string out;
  for (; out.size() < kLength; hash /= kDigits.size()) out += kDigits[hash % kDigits.size()];
  return out;
}

void shorten_ids(std::vector<Message>& messages) {
  for (Message& message : messages) {
    for (ToolCall& call : message.tool_calls) call.id = short_id(call.id);
    if (!message.tool_call_id.empty()) message.tool_call_id = short_id(message.tool_call_id);
  }
}

Result<jinja::Value> call_value(const ToolCall& call, ArgumentsAs as) {
  jinja::Value arguments = untrusted(call.arguments);
  if (as == ArgumentsAs::objects) {
    auto parsed =
        parse_object(call.arguments, fmt::format("The arguments of the call of '{}'", call.name));
    if (!parsed) return parsed.error();
    arguments = *std::move(parsed);
  }
  jinja::Object function{{"name", untrusted(call.name)}, {"arguments", std::move(arguments)}};
  return jinja::Value(jinja::Object{{"id", untrusted(call.id)},
                                    {"type", trusted("function")},
                                    {"function", std::move(function)}});
}

Result<jinja::Value> message_value(const Message& message, ArgumentsAs as) {
  jinja::Object out{{"role", trusted(message.role)}, {"content", untrusted(message.content)}};
  if (!message.reasoning.empty())
    out.emplace_back("reasoning_content", untrusted(message.reasoning));
  if (!message.tool_call_id.empty())
    out.emplace_back("tool_call_id", untrusted(message.tool_call_id));
  if (message.tool_calls.empty()) return jinja::Value(std::move(out));
  jinja::List calls;
  for (const ToolCall& call : message.tool_calls) {
    auto value = call_value(call, as);
    if (!value) return value.error();
    calls.push_back(*std::move(value));
  }
  out.emplace_back("tool_calls", std::move(calls));
  return jinja::Value(std::move(out));
}

// Templates that show results by the name of their tool.
void name_results(jinja::List& values, const std::vector<Message>& messages) {
  std::vector<const ToolCall*> calls;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    for (const ToolCall& call : messages[i].tool_calls) calls.push_back(&call);
    if (messages[i].role != "tool") continue;
    const auto call = std::ranges::find(calls, messages[i].tool_call_id, &ToolCall::id);
    if (call == calls.end()) continue;
    const auto& object = std::get<std::shared_ptr<jinja::Object>>(values[i].data());
    object->emplace_back("name", untrusted((*call)->name));
  }
}

Result<jinja::Value> tools_value(const std::vector<Tool>& tools) {
  jinja::List list;
  for (const Tool& tool : tools) {
    auto value = parse_object(tool_json(tool), fmt::format("The parameters of '{}'", tool.name));
    if (!value) return value.error();
    list.push_back(*std::move(value));
  }
  return jinja::Value(std::move(list));
}

// What holds where the request says nothing: of two variables of a name, the last one counts.
jinja::Object defaults(const ChatRequest& request, const TemplateTraits& traits) {
  jinja::Object variables = date_variables();
  const std::string& effort = request.reasoning_effort;
  variables.emplace_back("enable_thinking", effort.empty() ? traits.thinks : effort != "none");
  if (!effort.empty()) variables.emplace_back("reasoning_effort", trusted(effort));
  if (traits.wants_functions) variables.emplace_back("functions", trusted("[]"));
  return variables;
}

bool may_think(const jinja::Object& variables) {
  bool thinks = true;
  for (const auto& [name, value] : variables) {
    if (name != "enable_thinking") continue;
    const bool* said = std::get_if<bool>(&value.data());
    thinks = said == nullptr || *said;
  }
  return thinks;
}

bool has_calls(const Message& message) {
  return !message.tool_calls.empty() || message.role == "tool";
}

}  // namespace

bool shows_tools(const ChatRequest& request) {
  return !request.tools.empty() && request.tool_choice.kind != ToolChoice::Kind::none;
}

Result<TemplateInput> template_input(const ChatRequest& request, const TemplateTraits& traits,
                                     ArgumentsAs arguments) {
  TemplateInput input;
  input.variables = defaults(request, traits);
  std::ranges::copy(request.template_options, std::back_inserter(input.variables));
  input.has_calls = std::ranges::any_of(request.messages, has_calls);
  const bool shown = shows_tools(request);
  const bool plain = traits.calls == Calls::none && (shown || input.has_calls);
  std::vector<Message> messages = plain ? plain_messages(request, shown) : request.messages;
  if (traits.short_call_ids) shorten_ids(messages);
  jinja::List values;
  for (const Message& message : messages) {
    auto value = message_value(message, arguments);
    if (!value) return value.error();
    values.push_back(*std::move(value));
  }
  name_results(values, messages);
  if (request.continue_last) values.pop_back();
  if (shown && !plain) {
    auto tools = tools_value(request.tools);
    if (!tools) return tools.error();
    input.variables.emplace_back("tools", *std::move(tools));
  }
  input.thinks = may_think(input.variables);
  input.variables.emplace_back("messages", std::move(values));
  input.variables.emplace_back("add_generation_prompt",
                               request.add_generation_prompt || request.continue_last);
  return input;
}

}  // namespace pincer
