#include "server/upstream/anthropic_request.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "server/api/tool_json.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr int kUsualMaxTokens = 4096;

json::value parsed_object(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return error || !value.is_object() ? json::value(json::object{{"type", "object"}}) : value;
}

json::array content_of(const Message& message) {
  json::array content;
  if (message.role == "tool") {
    content.push_back({{"type", "tool_result"},
                       {"tool_use_id", message.tool_call_id},
                       {"content", message.content}});
    return content;
  }
  if (!message.content.empty()) content.push_back({{"type", "text"}, {"text", message.content}});
  for (const ToolCall& call : message.tool_calls) {
    content.push_back({{"type", "tool_use"},
                       {"id", call.id},
                       {"name", call.name},
                       {"input", call_arguments(call.arguments)}});
  }
  return content;
}

// Results of tools are a user's there, and a role does not come twice in a row.
void add_message(json::array& messages, const Message& message) {
  const char* role = message.role == "assistant" ? "assistant" : "user";
  json::array content = content_of(message);
  if (content.empty()) return;
  if (!messages.empty() && messages.back().at("role").as_string() == role) {
    json::array& last = messages.back().at("content").as_array();
    std::ranges::move(content, std::back_inserter(last));
    return;
  }
  messages.push_back({{"role", role}, {"content", std::move(content)}});
}

void add_anthropic_tools(json::object& body, const ChatRequest& request) {
  if (request.tools.empty() || request.tool_choice.kind == ToolChoice::Kind::none) return;
  json::array tools;
  for (const Tool& tool : request.tools) {
    json::object entry{{"name", tool.name}, {"input_schema", parsed_object(tool.parameters)}};
    if (!tool.description.empty()) entry["description"] = tool.description;
    tools.push_back(std::move(entry));
  }
  body["tools"] = std::move(tools);
  json::object choice{{"type", "auto"}};
  if (request.tool_choice.kind == ToolChoice::Kind::required) choice["type"] = "any";
  if (request.tool_choice.kind == ToolChoice::Kind::named)
    choice = {{"type", "tool"}, {"name", request.tool_choice.name}};
  if (!request.parallel_tool_calls) choice["disable_parallel_tool_use"] = true;
  body["tool_choice"] = std::move(choice);
}

// White space at the end of an open turn is refused there.
void trim_open_turn(json::array& messages) {
  json::array& content = messages.back().at("content").as_array();
  json::object& last = content.back().as_object();
  if (last.at("type").as_string() != "text") return;
  json::string& text = last.at("text").as_string();
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
}

}  // namespace

std::string anthropic_request(const ChatRequest& request, const UpstreamConfig&,
                              const std::string& model) {
  json::array messages;
  std::string system;
  for (const Message& message : request.messages) {
    if (message.role == "system" || message.role == "developer") {
      system += (system.empty() ? "" : "\n\n") + message.content;
    } else {
      add_message(messages, message);
    }
  }
  if (const auto* text = std::get_if<std::string>(&request.raw_prompt))
    add_message(messages, {.role = "user", .content = *text});
  if (request.continue_last && !messages.empty()) trim_open_turn(messages);
  json::object body{{"model", model},
                    {"stream", true},
                    {"max_tokens", request.max_tokens > 0 ? request.max_tokens : kUsualMaxTokens},
                    {"messages", std::move(messages)},
                    // From 0 to 1 there.
                    {"temperature", std::min(request.sampling.temperature, 1.0f)}};
  if (!system.empty()) body["system"] = system;
  if (!request.stops.empty()) body["stop_sequences"] = json::value_from(request.stops);
  if (request.format && request.format->kind == OutputFormat::Kind::json_schema) {
    body["output_config"] = {
        {"format", {{"type", "json_schema"}, {"schema", parsed_object(request.format->text)}}}};
  }
  add_anthropic_tools(body, request);
  return json::serialize(body);
}

}  // namespace pincer
