#include "server/api/openai_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string>
#include <utility>

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 5> kRoles = {"system", "developer", "user", "assistant",
                                                    "tool"};

std::string parse_parts(const json::array& parts, const std::string& prefix,
                        std::optional<Problem>& problem) {
  std::string text;
  for (std::size_t i = 0; i < parts.size() && !problem; ++i) {
    const std::string part_prefix = fmt::format("{}content[{}].", prefix, i);
    if (!parts[i].is_object()) {
      const json::object none;
      JsonFields(none, prefix, problem)
          .wrong_type(fmt::format("content[{}]", i), "an object", parts[i]);
      break;
    }
    JsonFields part(parts[i].get_object(), part_prefix, problem);
    std::string type, piece;
    if (!part.text("type", type)) part.wrong_value("type", "it must be given");
    if (type != "text")
      part.unsupported("type",
                       fmt::format("parts of type '{}' are not understood, only 'text'", type));
    if (!part.text("text", piece)) part.wrong_value("text", "it must be given");
    if (i > 0) text += '\n';
    text += piece;
  }
  return text;
}

std::string parse_content(JsonFields& fields, const std::string& prefix,
                          std::optional<Problem>& problem) {
  const json::value* content = fields.find("content");
  if (content == nullptr) {
    fields.wrong_value("content", "it must be a string or an array of text parts");
    return {};
  }
  if (content->is_array()) return parse_parts(content->get_array(), prefix, problem);
  std::string text;
  if (!content->is_string()) {
    fields.wrong_type("content", "a string or an array of text parts", *content);
  } else {
    fields.text("content", text);
  }
  return text;
}

bool is_empty_array(const json::value& value) {
  return value.is_array() && value.get_array().empty();
}

Message parse_message(const json::object& object, const std::string& prefix,
                      std::optional<Problem>& problem) {
  JsonFields fields(object, prefix, problem);
  Message message;
  if (!fields.text("role", message.role)) fields.wrong_value("role", "it must be given");
  if (std::ranges::find(kRoles, message.role) == kRoles.end()) {
    fields.wrong_value("role",
                       fmt::format("'{}' is none of {}", message.role, fmt::join(kRoles, ", ")));
  }
  if (message.role == "developer") message.role = "system";
  for (const std::string_view key : {"tool_calls", "function_call", "audio"}) {
    const json::value* value = fields.find(key);
    if (value && !is_empty_array(*value))
      fields.unsupported(key, "it is not supported in messages yet");
  }
  std::string name;
  fields.text("name", name);  // checked, and of no use to the templates
  if (!fields.failed()) message.content = parse_content(fields, prefix, problem);
  return message;
}

}  // namespace

std::vector<Message> parse_openai_messages(JsonFields& fields, std::optional<Problem>& problem) {
  std::vector<Message> messages;
  const json::value* value = fields.find("messages");
  if (value == nullptr)
    return fields.wrong_value("messages", "it must be an array of messages"), messages;
  if (!value->is_array()) return fields.wrong_type("messages", "an array", *value), messages;
  const json::array& array = value->get_array();
  if (array.empty()) fields.wrong_value("messages", "it must have at least one message");
  for (std::size_t i = 0; i < array.size() && !problem; ++i) {
    if (!array[i].is_object())
      return fields.wrong_type(fmt::format("messages[{}]", i), "an object", array[i]), messages;
    messages.push_back(
        parse_message(array[i].get_object(), fmt::format("messages[{}].", i), problem));
  }
  return messages;
}

}  // namespace pincer
