#include "server/chat/tool_prompt.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <string_view>
#include <utility>

namespace pincer {
namespace json = boost::json;

namespace {

std::string tool_description(const std::vector<Tool>& tools) {
  std::string lines;
  for (const Tool& tool : tools) lines += tool_json(tool) + "\n";
  return "You can call functions. Each line between <tools> and </tools> describes "
         "one:\n<tools>\n" +
         lines +
         "</tools>\nTo call a function, write its name and its arguments as a JSON object between "
         "<tool_call> and </tool_call>:\n<tool_call>\n"
         "{\"name\": \"the function's name\", \"arguments\": {}}\n</tool_call>\n"
         "Its result comes between <tool_response> and </tool_response>. Call a function only when "
         "you need it, otherwise answer as usual.";
}

void append_line(std::string& text, std::string_view more) {
  if (!text.empty()) text += '\n';
  text += more;
}

std::string call_text(const ToolCall& call) {
  return fmt::format("<tool_call>\n{{\"name\": {}, \"arguments\": {}}}\n</tool_call>",
                     json::serialize(json::string_view(call.name)), call.arguments);
}

}  // namespace

std::string tool_json(const Tool& tool) {
  std::string function =
      fmt::format(R"({{"name": {})", json::serialize(json::string_view(tool.name)));
  if (!tool.description.empty()) {
    function +=
        fmt::format(R"(, "description": {})", json::serialize(json::string_view(tool.description)));
  }
  if (!tool.parameters.empty()) function += R"(, "parameters": )" + tool.parameters;
  return fmt::format(R"({{"type": "function", "function": {}}}}})", function);
}

std::vector<Message> plain_messages(const ChatRequest& request, bool show_tools) {
  std::vector<Message> out;
  for (const Message& message : request.messages) {
    if (message.role == "tool") {
      const std::string result = "<tool_response>\n" + message.content + "\n</tool_response>";
      // Results of one turn are one message: many templates want user and assistant to alternate.
      const bool goes_on =
          !out.empty() && &message != &request.messages.front() && (&message)[-1].role == "tool";
      if (!goes_on) out.push_back({.role = "user", .content = {}});
      append_line(out.back().content, result);
      continue;
    }
    Message plain{.role = message.role, .content = message.content};
    plain.reasoning = message.reasoning;
    for (const ToolCall& call : message.tool_calls) append_line(plain.content, call_text(call));
    out.push_back(std::move(plain));
  }
  if (!show_tools) return out;
  if (out.empty() || out.front().role != "system")
    out.insert(out.begin(), {.role = "system", .content = {}});
  std::string& system = out.front().content;
  if (!system.empty()) system += "\n\n";
  system += tool_description(request.tools);
  return out;
}

}  // namespace pincer
