#include "server/api/anthropic_answer.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "server/api/anthropic_error.h"
#include "server/api/tool_json.h"

namespace pincer {
namespace json = boost::json;

namespace {

using Kind = AnswerPart::Kind;

std::string_view stop_reason(const AnswerEnd& end) {
  switch (end.reason) {
    case AnswerEnd::Reason::stop:
      return "end_turn";
    case AnswerEnd::Reason::stop_string:
      return "stop_sequence";
    case AnswerEnd::Reason::tool_calls:
      return "tool_use";
    case AnswerEnd::Reason::length:
      return end.finish.context_full ? "model_context_window_exceeded" : "max_tokens";
  }
  return "end_turn";
}

json::value stop_sequence(const AnswerEnd& end) {
  if (end.reason != AnswerEnd::Reason::stop_string) return nullptr;
  return json::value(end.stop_string);
}

// Tokens that were read from the cache are not input tokens as well.
json::object usage(const AnswerEnd& end) {
  return {{"input_tokens", end.finish.prompt_tokens - end.finish.cached_tokens},
          {"cache_creation_input_tokens", 0},
          {"cache_read_input_tokens", end.finish.cached_tokens},
          {"output_tokens", end.completion_tokens}};
}

json::object message_json(const AnthropicHead& head) {
  return {{"id", head.id}, {"type", "message"}, {"role", "assistant"}, {"model", head.model}};
}

// "call_…" is "toolu_…" here.
std::string tool_use_id(std::string_view id) {
  constexpr std::string_view kOurs = "call_";
  if (id.starts_with(kOurs)) id.remove_prefix(kOurs.size());
  return fmt::format("toolu_{}", id);
}

void append_event(std::string& out, std::string_view name, const json::object& data) {
  out += fmt::format("event: {}\ndata: {}\n\n", name, json::serialize(data));
}

json::object new_block(const AnswerPart& part) {
  if (part.kind == Kind::reasoning)
    return {{"type", "thinking"}, {"thinking", ""}, {"signature", ""}};
  if (part.kind == Kind::text) return {{"type", "text"}, {"text", ""}};
  return {{"type", "tool_use"},
          {"id", tool_use_id(part.id)},
          {"name", part.text},
          {"input", json::object()}};
}

json::object delta_of(const AnswerPart& part) {
  if (part.kind == Kind::reasoning) return {{"type", "thinking_delta"}, {"thinking", part.text}};
  if (part.kind == Kind::text) return {{"type", "text_delta"}, {"text", part.text}};
  return {{"type", "input_json_delta"}, {"partial_json", part.text}};
}

}  // namespace

std::string anthropic_message(const AnthropicHead& head, const AnswerMessage& answer) {
  json::array content;
  if (!answer.reasoning.empty()) {
    content.push_back({{"type", "thinking"}, {"thinking", answer.reasoning}, {"signature", ""}});
  }
  if (!answer.text.empty()) content.push_back({{"type", "text"}, {"text", answer.text}});
  for (const ToolCall& call : answer.calls) {
    content.push_back({{"type", "tool_use"},
                       {"id", tool_use_id(call.id)},
                       {"name", call.name},
                       {"input", call_arguments(call.arguments)}});
  }
  json::object message = message_json(head);
  message["content"] = std::move(content);
  message["stop_reason"] = stop_reason(answer.end);
  message["stop_sequence"] = stop_sequence(answer.end);
  message["usage"] = usage(answer.end);
  return json::serialize(message);
}

void AnthropicWriter::begin(std::string& out) {
  json::object message = message_json(head_);
  message["content"] = json::array();
  message["stop_reason"] = nullptr;
  message["stop_sequence"] = nullptr;
  AnswerEnd nothing_yet;
  nothing_yet.finish.prompt_tokens = head_.prompt_tokens;
  message["usage"] = usage(nothing_yet);
  append_event(out, "message_start", {{"type", "message_start"}, {"message", std::move(message)}});
  append_event(out, "ping", {{"type", "ping"}});
}

void AnthropicWriter::news(std::string& out, const AnswerNews& news) {
  for (const AnswerPart& p : news.parts) part(out, p);
  if (news.end) end_ = *news.end;
}

// A call begins a block, its arguments go on with it; text and thinking begin one where the block
// before was another.
void AnthropicWriter::part(std::string& out, const AnswerPart& part) {
  const bool starts =
      part.kind == Kind::call || (part.kind != Kind::arguments && block_ != part.kind);
  if (starts) {
    close(out);
    block_ = part.kind;
    append_event(
        out, "content_block_start",
        {{"type", "content_block_start"}, {"index", ++index_}, {"content_block", new_block(part)}});
  }
  if (part.kind == Kind::call) return;
  append_event(out, "content_block_delta",
               {{"type", "content_block_delta"}, {"index", index_}, {"delta", delta_of(part)}});
}

void AnthropicWriter::close(std::string& out) {
  if (!block_) return;
  block_.reset();
  append_event(out, "content_block_stop", {{"type", "content_block_stop"}, {"index", index_}});
}

void AnthropicWriter::end(std::string& out) {
  close(out);
  append_event(
      out, "message_delta",
      {{"type", "message_delta"},
       {"delta", {{"stop_reason", stop_reason(end_)}, {"stop_sequence", stop_sequence(end_)}}},
       {"usage", usage(end_)}});
  append_event(out, "message_stop", {{"type", "message_stop"}});
}

void AnthropicWriter::failed(std::string& out, const Problem& problem) {
  out += fmt::format("event: error\ndata: {}\n\n", anthropic_error_body(problem));
}

}  // namespace pincer
