#include "server/api/responses_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "server/api/openai_messages.h"
#include "server/api/openai_tool_history.h"
#include "server/http/random_id.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr auto kInputRoles =
    std::to_array<std::string_view>({"system", "developer", "user", "assistant"});
constexpr auto kTextParts = std::to_array<std::string_view>({"input_text", "output_text", "text"});
constexpr auto kReasoningParts = std::to_array<std::string_view>({"reasoning_text"});

class InputParser {
 public:
  InputParser(std::vector<Message>& messages, std::optional<Problem>& problem)
      : messages_(messages), problem_(problem) {}

  // The id under which the item is listed begins with what is returned.
  std::string_view parse(const json::object& object, const std::string& prefix) {
    JsonFields fields(object, prefix, problem_);
    std::string type = "message";
    fields.text("type", type);
    if (type == "message") return message(fields, prefix), "msg_";
    if (type == "function_call") return call(fields), "fc_";
    if (type == "function_call_output") return output(fields, prefix), "fco_";
    if (type == "reasoning") return reasoning(fields, prefix), "rs_";
    fields.unsupported("type", fmt::format("items of type '{}' are not understood, only message, "
                                           "function_call, function_call_output and reasoning",
                                           type));
    return {};
  }

 private:
  // The assistant's message that the item belongs to.
  Message& assistant() {
    if (messages_.empty() || messages_.back().role != "assistant")
      messages_.push_back({.role = "assistant", .content = {}});
    return messages_.back();
  }

  void message(JsonFields& fields, const std::string& prefix) {
    Message message;
    if (!fields.text("role", message.role)) fields.wrong_value("role", "it must be given");
    if (std::ranges::find(kInputRoles, message.role) == kInputRoles.end()) {
      fields.wrong_value(
          "role", fmt::format("'{}' is none of {}", message.role, fmt::join(kInputRoles, ", ")));
    }
    if (message.role == "developer") message.role = "system";
    message.content = parse_openai_content(fields, "content", kTextParts, prefix, problem_);
    if (message.role != "assistant") return messages_.push_back(std::move(message));
    std::string& content = assistant().content;
    if (!content.empty()) content += '\n';
    content += message.content;
  }

  void call(JsonFields& fields) {
    ToolCall call;
    if (!fields.text("call_id", call.id)) fields.wrong_value("call_id", "it must be given");
    if (!fields.text("name", call.name)) fields.wrong_value("name", "it must be given");
    fields.text("arguments", call.arguments);
    if (call.arguments.empty()) call.arguments = "{}";
    if (!is_json_object(call.arguments))
      fields.wrong_value("arguments", "it must be a JSON object, written as a string");
    assistant().tool_calls.push_back(std::move(call));
  }

  void output(JsonFields& fields, const std::string& prefix) {
    Message result{.role = "tool", .content = {}};
    if (!fields.text("call_id", result.tool_call_id))
      fields.wrong_value("call_id", "it must name the call that this is the result of");
    result.content = parse_openai_content(fields, "output", kTextParts, prefix, problem_);
    messages_.push_back(std::move(result));
  }

  void reasoning(JsonFields& fields, const std::string& prefix) {
    if (fields.find("content") == nullptr) return;  // a summary is no thought
    std::string text = parse_openai_content(fields, "content", kReasoningParts, prefix, problem_);
    assistant().reasoning += text;
  }

  std::vector<Message>& messages_;
  std::optional<Problem>& problem_;
};

json::object text_item(std::string_view text) {
  return {{"id", random_id("msg_")},
          {"type", "message"},
          {"role", "user"},
          {"content", {{{"type", "input_text"}, {"text", text}}}}};
}

}  // namespace

ResponsesInput parse_responses_input(JsonFields& fields, std::optional<Problem>& problem) {
  ResponsesInput input;
  const json::value* value = fields.find("input");
  if (value == nullptr) return fields.wrong_value("input", "it must be given"), input;
  if (value->is_string()) {
    input.messages.push_back({.role = "user", .content = std::string(value->get_string())});
    input.items.push_back(text_item(value->get_string()));
    return input;
  }
  if (!value->is_array())
    return fields.wrong_type("input", "a string or an array of items", *value), input;
  const json::array& array = value->get_array();
  if (array.empty()) fields.wrong_value("input", "it must have at least one item");
  InputParser parser(input.messages, problem);
  for (std::size_t i = 0; i < array.size() && !problem; ++i) {
    const std::string name = fmt::format("input[{}]", i);
    if (!array[i].is_object()) return fields.wrong_type(name, "an object", array[i]), input;
    const std::string_view id = parser.parse(array[i].get_object(), name + ".");
    json::object item = array[i].get_object();
    if (!item.contains("type")) item["type"] = "message";
    if (!item.contains("id")) item["id"] = random_id(id);
    input.items.push_back(std::move(item));
  }
  if (input.messages.empty()) fields.wrong_value("input", "there is nothing to answer in it");
  return input;
}

}  // namespace pincer
