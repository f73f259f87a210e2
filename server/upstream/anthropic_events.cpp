#include "server/upstream/anthropic_events.h"

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "server/upstream/json_fields.h"
#include "server/upstream/remote_failure.h"

namespace pincer {
namespace json = boost::json;

namespace {

using Kind = AnswerPart::Kind;

void begin_block(const json::object& event, UpstreamNews& news) {
  const json::object* block = object_at(event, "content_block");
  if (block == nullptr) return;
  if (text_at(*block, "type") == "tool_use") {
    news.parts.push_back(
        {Kind::call, std::string(text_at(*block, "name")), std::string(text_at(*block, "id"))});
    ++news.tokens;
  } else if (const std::string_view text = text_at(*block, "text"); !text.empty()) {
    news.parts.push_back({Kind::text, std::string(text), {}});
    ++news.tokens;
  }
}

void add_delta(const json::object& event, UpstreamNews& news) {
  const json::object* delta = object_at(event, "delta");
  if (delta == nullptr) return;
  constexpr std::pair<std::string_view, Kind> kFields[] = {
      {"text", Kind::text}, {"thinking", Kind::reasoning}, {"partial_json", Kind::arguments}};
  for (const auto& [key, kind] : kFields) {
    const std::string_view text = text_at(*delta, key);
    if (text.empty()) continue;
    news.parts.push_back({kind, std::string(text), {}});
    ++news.tokens;
  }
}

void add_usage(const json::object* usage, UpstreamUsage& out) {
  if (usage == nullptr) return;
  if (usage->contains("input_tokens")) {
    out.cached_tokens = number_at(*usage, "cache_read_input_tokens");
    out.prompt_tokens = number_at(*usage, "input_tokens") + out.cached_tokens +
                        number_at(*usage, "cache_creation_input_tokens");
  }
  out.completion_tokens = number_at(*usage, "output_tokens", out.completion_tokens);
  out.reported = true;
}

std::optional<UpstreamEnd::Reason> read_stop_reason(std::string_view reason) {
  using Reason = UpstreamEnd::Reason;
  if (reason == "end_turn" || reason == "pause_turn") return Reason::stop;
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return Reason::length;
  if (reason == "tool_use") return Reason::tool_calls;
  if (reason == "stop_sequence") return Reason::stop_string;
  return std::nullopt;
}

}  // namespace

void AnthropicEvents::push(const SseEvent& event, UpstreamNews& news) {
  if (over_) return;
  boost::system::error_code error;
  const json::value value = json::parse(event.data, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) {
    over_ = true;
    news.failure = {.kind = FailureClass::garbled, .message = "it sent what is no event"};
    return;
  }
  const std::string_view type = text_at(*object, "type");
  if (type == "message_start") {
    if (const auto* message = object_at(*object, "message"))
      add_usage(object_at(*message, "usage"), usage_);
  } else if (type == "content_block_start") {
    begin_block(*object, news);
  } else if (type == "content_block_delta") {
    add_delta(*object, news);
  } else if (type == "message_delta") {
    add_usage(object_at(*object, "usage"), usage_);
    const json::object* delta = object_at(*object, "delta");
    const std::string_view said = delta != nullptr ? text_at(*delta, "stop_reason") : "";
    const auto reason = read_stop_reason(said);
    if (reason) {
      end_.emplace().reason = *reason;
      end_->stop_string = text_at(*delta, "stop_sequence");
    } else if (!said.empty()) {
      over_ = true;
      news.failure = {
          .kind = said == "refusal" ? FailureClass::content_policy : FailureClass::server,
          .message = "it ended the answer with '" + std::string(said) + "'"};
    }
  } else if (type == "message_stop") {
    finish(news);
  } else if (type == "error") {
    over_ = true;
    news.failure = failure_in_stream(event.data);
  }
}

void AnthropicEvents::finish(UpstreamNews& news) {
  if (std::exchange(over_, true)) return;
  if (!end_) {
    news.failure = {.kind = FailureClass::reset, .message = "the answer broke off without its end"};
    return;
  }
  end_->usage = usage_;
  news.end = std::move(end_);
}

}  // namespace pincer
