#include "server/api/ollama_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "server/api/json_fields.h"
#include "server/api/request_limits.h"
#include "server/api/tool_json.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 4> kOllamaRoles = {"system", "user", "assistant", "tool"};

// Those of an array; nothing when the field is absent. Anything else than objects is a problem.
std::vector<std::pair<const json::object*, std::string>> objects(JsonFields& fields,
                                                                 std::string_view key,
                                                                 const std::string& prefix) {
  std::vector<std::pair<const json::object*, std::string>> found;
  const json::value* value = fields.find(key);
  if (value == nullptr) return found;
  if (!value->is_array()) return fields.wrong_type(key, "an array", *value), found;
  for (std::size_t i = 0; i < value->get_array().size(); ++i) {
    const json::value& item = value->get_array()[i];
    const std::string name = fmt::format("{}[{}]", key, i);
    if (!item.is_object()) return fields.wrong_type(name, "an object", item), found;
    found.emplace_back(&item.get_object(), prefix + name + ".");
  }
  return found;
}

class MessageReader {
 public:
  MessageReader(ChatRequest& chat, std::optional<Problem>& problem)
      : chat_(chat), problem_(problem) {}

  void read(const json::object& object, const std::string& prefix) {
    JsonFields fields(object, prefix, problem_);
    Message message;
    if (!fields.text("role", message.role)) fields.wrong_value("role", "it must be given");
    if (std::ranges::find(kOllamaRoles, message.role) == kOllamaRoles.end()) {
      fields.wrong_value(
          "role", fmt::format("'{}' is none of {}", message.role, fmt::join(kOllamaRoles, ", ")));
    }
    fields.text("content", message.content);
    fields.text("thinking", message.reasoning);
    if (const json::value* images = fields.find("images");
        images != nullptr && !(images->is_array() && images->get_array().empty()))
      fields.unsupported("images", "the models of this server read text only");
    for (const auto& [call, call_prefix] : objects(fields, "tool_calls", prefix))
      message.tool_calls.push_back(read_call(*call, call_prefix));
    if (message.role == "tool") find_call(fields, message);
    for (const ToolCall& call : message.tool_calls) open_.push_back({call.id, call.name});
    chat_.messages.push_back(std::move(message));
  }

 private:
  struct OpenCall {
    std::string id, name;
  };

  // A result names its call, or its tool, or nothing: then it is the first open call's.
  void find_call(JsonFields& fields, Message& message) {
    std::string tool;
    const bool by_name = fields.text("tool_name", tool) && !tool.empty();
    auto call = open_.begin();
    if (fields.text("tool_call_id", message.tool_call_id)) {
      call = std::ranges::find(open_, message.tool_call_id, &OpenCall::id);
    } else if (by_name) {
      call = std::ranges::find(open_, tool, &OpenCall::name);
    }
    if (call == open_.end()) return;
    message.tool_call_id = call->id;
    open_.erase(call);
  }

  ToolCall read_call(const json::object& object, const std::string& prefix) {
    JsonFields fields(object, prefix, problem_);
    ToolCall call;
    fields.text("id", call.id);
    if (call.id.empty()) call.id = fmt::format("call_{}", called_++);
    const json::object* function = fields.object("function");
    if (function == nullptr) return fields.wrong_value("function", "it must be given"), call;
    JsonFields inner(*function, prefix + "function.", problem_);
    if (!inner.text("name", call.name)) inner.wrong_value("name", "it must be given");
    const json::object* arguments = inner.object("arguments");
    call.arguments = arguments == nullptr ? "{}" : json::serialize(*arguments);
    return call;
  }

  ChatRequest& chat_;
  std::optional<Problem>& problem_;
  int called_ = 0;              // without an id of their own
  std::vector<OpenCall> open_;  // that no result was given for
};

Tool parse_tool(const json::object& object, const std::string& prefix,
                std::optional<Problem>& problem) {
  JsonFields fields(object, prefix, problem);
  Tool tool;
  std::string type = "function";
  fields.text("type", type);
  if (type != "function") fields.unsupported("type", "only functions can be called");
  const json::object* function = fields.object("function");
  if (function == nullptr) return fields.wrong_value("function", "it must be given"), tool;
  JsonFields inner(*function, prefix + "function.", problem);
  if (!inner.text("name", tool.name)) inner.wrong_value("name", "it must be given");
  if (!is_tool_name(tool.name)) {
    inner.wrong_value("name", "it must be 1 to 128 letters, digits, dots, hyphens or underscores");
  }
  inner.text("description", tool.description);
  if (const json::object* schema = inner.object("parameters"))
    tool.parameters = json::serialize(*schema);
  return tool;
}

}  // namespace

void parse_ollama_messages(const json::object& body, ChatRequest& chat,
                           std::optional<Problem>& problem) {
  JsonFields fields(body, "", problem);
  MessageReader reader(chat, problem);
  for (const auto& [object, prefix] : objects(fields, "messages", "")) reader.read(*object, prefix);
  chat.continue_last = !chat.messages.empty() && chat.messages.back().role == "assistant" &&
                       chat.messages.back().tool_calls.empty();
}

void parse_ollama_tools(const json::object& body, ChatRequest& chat,
                        std::optional<Problem>& problem) {
  JsonFields fields(body, "", problem);
  for (const auto& [object, prefix] : objects(fields, "tools", ""))
    chat.tools.push_back(parse_tool(*object, prefix, problem));
  if (chat.tools.size() > kMaxTools)
    fields.wrong_value("tools", fmt::format("at most {} are taken", kMaxTools));
  check_tools(fields, chat.tools);
}

}  // namespace pincer
