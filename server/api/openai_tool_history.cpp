#include "server/api/openai_tool_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>
#include <utility>

namespace pincer {
namespace json = boost::json;

namespace {

ToolCall parse_call(const json::object& object, const std::string& prefix,
                    std::optional<Problem>& problem) {
  ToolCall call;
  JsonFields fields(object, prefix, problem);
  std::string type = "function";
  fields.text("type", type);
  if (type != "function")
    fields.unsupported("type",
                       fmt::format("calls of type '{}' are not known, only 'function'", type));
  if (!fields.text("id", call.id)) fields.wrong_value("id", "it must be given");
  const json::object* function = fields.object("function");
  if (function == nullptr) return fields.wrong_value("function", "it must be given"), call;
  JsonFields inner(*function, prefix + "function.", problem);
  if (!inner.text("name", call.name)) inner.wrong_value("name", "it must be given");
  inner.text("arguments", call.arguments);
  if (call.arguments.empty()) call.arguments = "{}";
  if (!is_json_object(call.arguments))
    inner.wrong_value("arguments", "it must be a JSON object, written as a string");
  return call;
}

}  // namespace

bool is_json_object(const std::string& text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  return !error && value.is_object();
}

std::vector<ToolCall> parse_openai_tool_calls(JsonFields& fields, const std::string& prefix,
                                              std::optional<Problem>& problem) {
  std::vector<ToolCall> calls;
  const json::value* value = fields.find("tool_calls");
  if (value == nullptr) return calls;
  if (!value->is_array()) return fields.wrong_type("tool_calls", "an array", *value), calls;
  const json::array& array = value->get_array();
  for (std::size_t i = 0; i < array.size() && !problem; ++i) {
    const std::string name = fmt::format("tool_calls[{}]", i);
    if (!array[i].is_object()) return fields.wrong_type(name, "an object", array[i]), calls;
    calls.push_back(parse_call(array[i].get_object(), prefix + name + ".", problem));
  }
  return calls;
}

std::optional<WrongToolHistory> find_wrong_tool_history(const std::vector<Message>& messages) {
  std::vector<std::string_view> open;  // calls without their results
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    if (message.role == "tool") {
      const auto call = std::ranges::find(open, message.tool_call_id);
      if (call == open.end()) {
        return WrongToolHistory{
            i, fmt::format("it is the result of the call '{}', but no message right before it has "
                           "such a call open",
                           message.tool_call_id)};
      }
      open.erase(call);
      continue;
    }
    if (!open.empty())
      return WrongToolHistory{
          i, fmt::format("the result of the call '{}' must come before it", open.front())};
    for (const ToolCall& call : message.tool_calls) open.push_back(call.id);
  }
  if (open.empty()) return std::nullopt;
  return WrongToolHistory{messages.size() - 1,
                          fmt::format("the result of the call '{}' is missing", open.front())};
}

}  // namespace pincer
