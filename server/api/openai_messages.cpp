#include "server/api/openai_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "server/api/openai_tool_history.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 5> kChatRoles = {"system", "developer", "user", "assistant",
                                                        "tool"};
constexpr std::array<std::string_view, 1> kPartTypes = {"text"};
// Those of an answer of ours too, which clients send back as they got it.
constexpr auto kMessageFields = std::to_array<std::string_view>(
    {"role", "content", "name", "tool_calls", "tool_call_id", "refusal", "audio", "annotations",
     "function_call", "reasoning_content", "reasoning", "prefix"});

class MessageParser {
 public:
  MessageParser(const json::object& object, std::string prefix, std::optional<Problem>& problem)
      : prefix_(std::move(prefix)), problem_(problem), fields_(object, prefix_, problem) {}

  Message parse() {
    fields_.allow(kMessageFields);
    parse_role();
    refuse_unsupported();
    const bool assistant = message_.role == "assistant";
    if (assistant) parse_reasoning();
    if (assistant) message_.tool_calls = parse_openai_tool_calls(fields_, prefix_, problem_);
    if (message_.role == "tool" && !fields_.text("tool_call_id", message_.tool_call_id))
      fields_.wrong_value("tool_call_id", "it must name the call that this is the result of");
    const bool may_be_empty = !message_.tool_calls.empty() || !message_.reasoning.empty();
    if (fields_.find("content") != nullptr || !may_be_empty)
      message_.content = parse_openai_content(fields_, "content", kPartTypes, prefix_, problem_);
    return std::move(message_);
  }
  // Its "prefix", which only the last message may have.
  bool parse_prefix(bool last) {
    bool wanted = false;
    fields_.boolean("prefix", wanted);
    if (wanted && !last)
      fields_.wrong_value("prefix", "only the last message, of the assistant, can be a prefix");
    return wanted;
  }

 private:
  void parse_role() {
    if (!fields_.text("role", message_.role)) fields_.wrong_value("role", "it must be given");
    if (std::ranges::find(kChatRoles, message_.role) == kChatRoles.end()) {
      fields_.wrong_value(
          "role", fmt::format("'{}' is none of {}", message_.role, fmt::join(kChatRoles, ", ")));
    }
    if (message_.role == "developer") message_.role = "system";
    std::string name;
    fields_.text("name", name);  // checked, and of no use to the templates
  }
  void refuse_unsupported() {
    for (const std::string_view key : {"function_call", "audio"}) {
      if (fields_.find(key)) fields_.unsupported(key, "it is not supported in messages");
    }
    const json::value* calls = fields_.find("tool_calls");
    if (calls != nullptr && message_.role != "assistant")
      fields_.wrong_value("tool_calls", "only an assistant's message has tool calls");
  }
  void parse_reasoning() {
    if (!fields_.text("reasoning_content", message_.reasoning))
      fields_.text("reasoning", message_.reasoning);
  }

  std::string prefix_;
  std::optional<Problem>& problem_;
  JsonFields fields_;
  Message message_;
};

}  // namespace

std::string parse_openai_content(JsonFields& fields, std::string_view key,
                                 std::span<const std::string_view> types, const std::string& prefix,
                                 std::optional<Problem>& problem) {
  std::string text;
  const json::value* content = fields.find(key);
  if (content == nullptr) {
    fields.wrong_value(key, "it must be a string or an array of text parts");
  } else if (content->is_string()) {
    fields.text(key, text);
  } else if (!content->is_array()) {
    fields.wrong_type(key, "a string or an array of text parts", *content);
  } else {
    const json::array& parts = content->get_array();
    for (std::size_t i = 0; i < parts.size() && !problem; ++i) {
      const std::string name = fmt::format("{}[{}]", key, i);
      if (!parts[i].is_object()) return fields.wrong_type(name, "an object", parts[i]), text;
      JsonFields part(parts[i].get_object(), fmt::format("{}{}.", prefix, name), problem);
      std::string type, piece;
      if (!part.text("type", type)) part.wrong_value("type", "it must be given");
      if (std::ranges::find(types, type) == types.end()) {
        part.unsupported("type", fmt::format("parts of type '{}' are not understood, only {}", type,
                                             fmt::join(types, ", ")));
      }
      if (!part.text("text", piece)) part.wrong_value("text", "it must be given");
      if (i > 0) text += '\n';
      text += piece;
    }
  }
  return text;
}

OpenAiMessages parse_openai_messages(JsonFields& fields, std::optional<Problem>& problem) {
  OpenAiMessages out;
  const json::value* value = fields.find("messages");
  if (value == nullptr)
    return fields.wrong_value("messages", "it must be an array of messages"), out;
  if (!value->is_array()) return fields.wrong_type("messages", "an array", *value), out;
  const json::array& array = value->get_array();
  if (array.empty()) fields.wrong_value("messages", "it must have at least one message");
  for (std::size_t i = 0; i < array.size() && !problem; ++i) {
    const std::string name = fmt::format("messages[{}]", i);
    if (!array[i].is_object()) return fields.wrong_type(name, "an object", array[i]), out;
    MessageParser parser(array[i].get_object(), name + ".", problem);
    out.messages.push_back(parser.parse());
    const bool last = i + 1 == array.size() && out.messages.back().role == "assistant";
    out.prefix = parser.parse_prefix(last);
  }
  if (const auto wrong = find_wrong_tool_history(out.messages); wrong && !problem)
    fields.wrong_value(fmt::format("messages[{}]", wrong->message), wrong->why);
  return out;
}

}  // namespace pincer
