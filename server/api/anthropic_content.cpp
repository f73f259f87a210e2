#include "server/api/anthropic_content.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <functional>
#include <utility>

namespace pincer {
namespace json = boost::json;

namespace {

// cache_control is taken and not needed: what a prompt begins with is cached anyhow.
using OnBlock =
    std::function<void(JsonFields& block, const std::string& type, const std::string& prefix)>;

void each_block(JsonFields& fields, std::string_view key, const json::array& blocks,
                const std::string& prefix, std::optional<Problem>& problem, const OnBlock& on) {
  for (std::size_t i = 0; i < blocks.size() && !problem; ++i) {
    const std::string name = fmt::format("{}[{}]", key, i);
    if (!blocks[i].is_object()) return fields.wrong_type(name, "an object", blocks[i]);
    const std::string block_prefix = prefix + name + ".";
    JsonFields block(blocks[i].get_object(), block_prefix, problem);
    std::string type;
    if (!block.text("type", type)) block.wrong_value("type", "it must be given");
    if (!problem) on(block, type, block_prefix);
  }
}

void refuse_type(JsonFields& block, const std::string& type, std::string_view taken) {
  block.unsupported("type", fmt::format("blocks of type '{}' are not supported here, only {}; the "
                                        "models of this server read text",
                                        type, taken));
}

std::string needed_text(JsonFields& fields, std::string_view key) {
  std::string text;
  if (!fields.text(key, text)) fields.wrong_value(key, "it must be given");
  return text;
}

void append_line(std::string& text, std::string_view more) {
  if (!text.empty() && !more.empty()) text += '\n';
  text += more;
}

Message& message_of(std::vector<Message>& messages, std::string_view role) {
  if (messages.empty() || messages.back().role != role) messages.emplace_back().role = role;
  return messages.back();
}

void add_tool_result(JsonFields& block, const std::string& prefix, std::optional<Problem>& problem,
                     std::vector<Message>& messages) {
  Message result;
  result.role = "tool";
  result.tool_call_id = needed_text(block, "tool_use_id");
  bool failed = false;
  block.boolean("is_error", failed);
  result.content = parse_anthropic_text(block, "content", prefix, problem);
  if (failed) result.content = "Error: " + result.content;
  messages.push_back(std::move(result));
}

void add_user_block(JsonFields& block, const std::string& type, const std::string& prefix,
                    std::optional<Problem>& problem, std::vector<Message>& messages) {
  if (type == "text") {
    append_line(message_of(messages, "user").content, needed_text(block, "text"));
  } else if (type == "tool_result") {
    add_tool_result(block, prefix, problem, messages);
  } else {
    refuse_type(block, type, "'text' and 'tool_result'");
  }
}

void add_assistant_block(JsonFields& block, const std::string& type, Message& message) {
  if (type == "text") {
    message.content += needed_text(block, "text");
  } else if (type == "thinking") {
    message.reasoning += needed_text(block, "thinking");
  } else if (type == "tool_use") {
    ToolCall call{needed_text(block, "id"), needed_text(block, "name"), {}};
    const json::object* input = block.object("input");
    if (input == nullptr) return block.wrong_value("input", "it must be given");
    call.arguments = json::serialize(*input);
    message.tool_calls.push_back(std::move(call));
  } else if (type != "redacted_thinking") {  // which only its author can read
    refuse_type(block, type, "'text', 'thinking' and 'tool_use'");
  }
}

}  // namespace

std::string parse_anthropic_text(JsonFields& fields, std::string_view key,
                                 const std::string& prefix, std::optional<Problem>& problem) {
  std::string text;
  const json::value* value = fields.find(key);
  if (value == nullptr) return text;
  if (!value->is_array()) {
    if (!value->is_string()) fields.wrong_type(key, "a string or an array of text blocks", *value);
    fields.text(key, text);
    return text;
  }
  each_block(fields, key, value->get_array(), prefix, problem,
             [&](JsonFields& block, const std::string& type, const std::string&) {
               if (type != "text") return refuse_type(block, type, "'text'");
               append_line(text, needed_text(block, "text"));
             });
  return text;
}

void parse_anthropic_message(const json::object& object, const std::string& prefix,
                             std::optional<Problem>& problem, std::vector<Message>& messages) {
  JsonFields fields(object, prefix, problem);
  const std::string role = needed_text(fields, "role");
  const bool user = role == "user";
  if (!user && role != "assistant") {
    return fields.wrong_value("role", fmt::format("'{}' is neither 'user' nor 'assistant'; "
                                                  "instructions go to the field 'system'",
                                                  role));
  }
  const json::value* content = fields.find("content");
  if (content == nullptr)
    return fields.wrong_value("content", "it must be a string or an array of blocks");
  if (content->is_string()) {
    Message& message = message_of(messages, role);
    const std::string_view text(content->get_string().data(), content->get_string().size());
    return append_line(message.content, text);
  }
  if (!content->is_array())
    return fields.wrong_type("content", "a string or an array of blocks", *content);
  if (user && content->get_array().empty())
    return fields.wrong_value("content", "it must not be empty");
  if (!user) message_of(messages, role);
  each_block(fields, "content", content->get_array(), prefix, problem,
             [&](JsonFields& block, const std::string& type, const std::string& block_prefix) {
               if (user) {
                 add_user_block(block, type, block_prefix, problem, messages);
               } else {
                 add_assistant_block(block, type, messages.back());
               }
             });
}

}  // namespace pincer
