#include "server/upstream/openai_events.h"

#include <boost/json.hpp>
#include <string_view>
#include <utility>

#include "server/http/random_id.h"
#include "server/upstream/json_fields.h"
#include "server/upstream/remote_failure.h"

namespace pincer {
namespace json = boost::json;

namespace {

using Kind = AnswerPart::Kind;

void fail(UpstreamNews& news, UpstreamFailure failure) {
  if (!news.failure && !news.end) news.failure = std::move(failure);
}

UpstreamUsage read_usage(const json::object& usage) {
  UpstreamUsage out;
  out.prompt_tokens = number_at(usage, "prompt_tokens");
  out.completion_tokens = number_at(usage, "completion_tokens");
  if (const auto* details = object_at(usage, "prompt_tokens_details"))
    out.cached_tokens = number_at(*details, "cached_tokens");
  if (const auto* details = object_at(usage, "completion_tokens_details"))
    out.reasoning_tokens = number_at(*details, "reasoning_tokens");
  out.reported = true;
  return out;
}

std::optional<UpstreamEnd::Reason> read_finish_reason(std::string_view reason) {
  using Reason = UpstreamEnd::Reason;
  if (reason == "stop") return Reason::stop;
  if (reason == "length") return Reason::length;
  if (reason == "tool_calls" || reason == "function_call") return Reason::tool_calls;
  return std::nullopt;
}

void add_calls(const json::object& delta, int& last, UpstreamNews& news) {
  const json::value* calls = delta.if_contains("tool_calls");
  if (calls == nullptr || !calls->is_array()) return;
  for (const json::value& value : calls->get_array()) {
    const json::object* call = value.if_object();
    const json::object* function = call != nullptr ? object_at(*call, "function") : nullptr;
    if (function == nullptr) continue;
    const int index = number_at(*call, "index", last < 0 ? 0 : last);
    if (index != last) {
      std::string id(text_at(*call, "id"));
      if (id.empty()) id = random_id("call_");
      news.parts.push_back({Kind::call, std::string(text_at(*function, "name")), std::move(id)});
      last = index;
    }
    const std::string_view arguments = text_at(*function, "arguments");
    if (!arguments.empty()) news.parts.push_back({Kind::arguments, std::string(arguments), {}});
  }
}

void add_text(const json::object& delta, UpstreamNews& news) {
  for (const std::string_view key : {"reasoning_content", "reasoning"}) {
    const std::string_view thought = text_at(delta, key);
    if (thought.empty()) continue;
    news.parts.push_back({Kind::reasoning, std::string(thought), {}});
    break;
  }
  const std::string_view text = text_at(delta, "content");
  if (!text.empty()) news.parts.push_back({Kind::text, std::string(text), {}});
}

}  // namespace

void OpenAiEvents::push(const SseEvent& event, UpstreamNews& news) {
  if (over_) return;
  if (event.data == "[DONE]") return conclude(news);
  boost::system::error_code error;
  const json::value value = json::parse(event.data, error);
  const json::object* chunk = error ? nullptr : value.if_object();
  if (chunk == nullptr) {
    over_ = true;
    return fail(news, {.kind = FailureClass::garbled, .message = "it sent what is no chunk"});
  }
  if (chunk->contains("error")) {
    over_ = true;
    return fail(news, failure_in_stream(event.data));
  }
  if (const auto* usage = object_at(*chunk, "usage")) usage_ = read_usage(*usage);
  const json::value* choices = chunk->if_contains("choices");
  const bool any = choices != nullptr && choices->is_array() && !choices->get_array().empty();
  const json::object* choice = any ? choices->get_array().front().if_object() : nullptr;
  if (choice == nullptr) return;
  if (const auto* delta = object_at(*choice, "delta")) {
    const std::size_t before = news.parts.size();
    add_text(*delta, news);
    add_calls(*delta, call_, news);
    const int fresh = news.parts.size() > before ? 1 : 0;
    news.tokens += fresh;
    pieces_ += fresh;
  }
  const std::string_view said = text_at(*choice, "finish_reason");
  if (said.empty()) return;
  const auto reason = read_finish_reason(said);
  if (reason) {
    end_.emplace().reason = *reason;
    return;
  }
  over_ = true;
  const bool policy = said == "content_filter";
  fail(news, {.kind = policy ? FailureClass::content_policy : FailureClass::server,
              .message = "it ended the answer with '" + std::string(said) + "'"});
}

void OpenAiEvents::conclude(UpstreamNews& news) {
  over_ = true;
  if (!end_) {
    return fail(news,
                {.kind = FailureClass::reset, .message = "the answer broke off without its end"});
  }
  if (!usage_.reported) usage_.completion_tokens = pieces_;
  end_->usage = usage_;
  news.end = std::move(end_);
}

void OpenAiEvents::finish(UpstreamNews& news) {
  if (!over_) conclude(news);
}

}  // namespace pincer
