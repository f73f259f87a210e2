#include "server/upstream/openai_request.h"

#include <boost/json.hpp>
#include <utility>

namespace pincer {
namespace json = boost::json;

namespace {

json::array calls_json(const std::vector<ToolCall>& calls) {
  json::array out;
  for (const ToolCall& call : calls) {
    out.push_back({{"id", call.id},
                   {"type", "function"},
                   {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
  }
  return out;
}

json::object message_json(const Message& message) {
  json::object out{{"role", message.role}, {"content", message.content}};
  if (!message.tool_calls.empty()) {
    out["tool_calls"] = calls_json(message.tool_calls);
    if (message.content.empty()) out["content"] = nullptr;
  }
  if (!message.tool_call_id.empty()) out["tool_call_id"] = message.tool_call_id;
  return out;
}

json::value parsed(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value(json::object()) : value;
}

json::array tools_json(const std::vector<Tool>& tools) {
  json::array out;
  for (const Tool& tool : tools) {
    json::object function{{"name", tool.name}};
    if (!tool.description.empty()) function["description"] = tool.description;
    if (!tool.parameters.empty()) function["parameters"] = parsed(tool.parameters);
    if (tool.strict) function["strict"] = true;
    out.push_back({{"type", "function"}, {"function", std::move(function)}});
  }
  return out;
}

json::value choice_json(const ToolChoice& choice) {
  switch (choice.kind) {
    case ToolChoice::Kind::none:
      return "none";
    case ToolChoice::Kind::required:
      return "required";
    case ToolChoice::Kind::named:
      return {{"type", "function"}, {"function", {{"name", choice.name}}}};
    case ToolChoice::Kind::automatic:
      break;
  }
  return "auto";
}

void add_openai_tools(json::object& body, const ChatRequest& request) {
  if (request.tools.empty()) return;
  body["tools"] = tools_json(request.tools);
  body["tool_choice"] = choice_json(request.tool_choice);
  if (!request.parallel_tool_calls) body["parallel_tool_calls"] = false;
}

void add_format(json::object& body, const ChatRequest& request) {
  if (!request.format) return;
  switch (request.format->kind) {
    case OutputFormat::Kind::json_object:
      body["response_format"] = {{"type", "json_object"}};
      break;
    case OutputFormat::Kind::json_schema:
      body["response_format"] = {
          {"type", "json_schema"},
          {"json_schema",
           {{"name", "answer"}, {"strict", true}, {"schema", parsed(request.format->text)}}}};
      break;
    case OutputFormat::Kind::gbnf:
      body["grammar"] = request.format->text;  // llama.cpp's and ours
      break;
    case OutputFormat::Kind::regex:
      body["guided_regex"] = request.format->text;  // vLLM's
      break;
  }
}

void add_sampling(json::object& body, const ChatRequest& request, bool extensions) {
  const SamplingParams& sampling = request.sampling;
  body["temperature"] = sampling.temperature;
  body["top_p"] = sampling.top_p;
  body["seed"] = sampling.seed & 0x7fffffffffffffffULL;
  if (sampling.presence_penalty != 0) body["presence_penalty"] = sampling.presence_penalty;
  if (sampling.frequency_penalty != 0) body["frequency_penalty"] = sampling.frequency_penalty;
  if (!extensions) return;
  body["top_k"] = sampling.top_k;
  body["min_p"] = sampling.min_p;
}

void add_continuation(json::object& body, json::array& messages, UpstreamConfig::Prefill prefill) {
  if (prefill == UpstreamConfig::Prefill::prefix) {
    messages.back().as_object()["prefix"] = true;
  } else if (prefill == UpstreamConfig::Prefill::continued) {
    body["continue_final_message"] = true;
    body["add_generation_prompt"] = false;
  }
}

}  // namespace

std::string openai_request(const ChatRequest& request, const UpstreamConfig& config,
                           const std::string& model) {
  const bool extensions = config.prefill == UpstreamConfig::Prefill::continued;
  json::array messages;
  for (const Message& message : request.messages) messages.emplace_back(message_json(message));
  if (const auto* text = std::get_if<std::string>(&request.raw_prompt))
    messages.emplace_back(json::object{{"role", "user"}, {"content", *text}});
  json::object body{
      {"model", model}, {"stream", true}, {"stream_options", {{"include_usage", true}}}};
  if (request.continue_last) add_continuation(body, messages, config.prefill);
  body["messages"] = std::move(messages);
  if (request.max_tokens >= 0) body["max_tokens"] = request.max_tokens;
  if (!request.stops.empty()) body["stop"] = json::value_from(request.stops);
  if (!request.reasoning_effort.empty()) body["reasoning_effort"] = request.reasoning_effort;
  add_sampling(body, request, extensions);
  add_openai_tools(body, request);
  add_format(body, request);
  return json::serialize(body);
}

}  // namespace pincer
