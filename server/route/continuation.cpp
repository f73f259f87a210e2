#include "server/route/continuation.h"

#include <algorithm>
#include <utility>

namespace pincer {
namespace {

constexpr std::size_t kShortestEcho = 16;  // bytes: a shorter one may be what the model says

}  // namespace

void Continuation::add(const std::vector<AnswerPart>& parts, int tokens) {
  tokens_ += tokens;
  for (const AnswerPart& part : parts) {
    switch (part.kind) {
      case AnswerPart::Kind::text:
        message_.content += part.text;
        break;
      case AnswerPart::Kind::reasoning:
        message_.reasoning += part.text;
        break;
      case AnswerPart::Kind::call:
        message_.tool_calls.push_back({.id = part.id, .name = part.text});
        break;
      case AnswerPart::Kind::arguments:
        if (!message_.tool_calls.empty()) message_.tool_calls.back().arguments += part.text;
        break;
    }
  }
}

bool Continuation::can_go_on(const ChatRequest& request, const UpstreamConfig& upstream) const {
  using Kind = UpstreamConfig::Kind;
  using Prefill = UpstreamConfig::Prefill;
  if (std::holds_alternative<std::vector<TokenId>>(request.raw_prompt)) return false;
  if (request.want_logprobs) return upstream.kind == Kind::engine;
  if (upstream.kind == Kind::engine) return true;
  // Others take text only, and none takes half a call.
  if (!std::holds_alternative<std::monostate>(request.raw_prompt)) return false;
  if (!message_.tool_calls.empty()) return false;
  const Prefill prefill = upstream.kind == Kind::worker ? Prefill::continued : upstream.prefill;
  if (prefill == Prefill::none) return false;
  if (message_.content.empty()) return message_.reasoning.empty();
  return prefill == Prefill::continued || !request.format;
}

ChatRequest Continuation::rest_of(ChatRequest request) const {
  // Its turn was in time.
  if (tokens_ > 0 || !message_.content.empty())
    request.start_by = std::chrono::steady_clock::time_point::max();
  if (request.max_tokens > 0) request.max_tokens = std::max(1, request.max_tokens - tokens_);
  if (auto* text = std::get_if<std::string>(&request.raw_prompt)) {
    *text += message_.content;
    return request;
  }
  if (message_.content.empty() && message_.reasoning.empty() && message_.tool_calls.empty())
    return request;
  if (request.continue_last && !request.messages.empty()) {
    Message& last = request.messages.back();
    last.content += message_.content;
    last.reasoning += message_.reasoning;
    last.tool_calls.insert(last.tool_calls.end(), message_.tool_calls.begin(),
                           message_.tool_calls.end());
  } else {
    request.messages.push_back(message_);
    request.continue_last = true;
  }
  return request;
}

std::string EchoFilter::push(std::string text) {
  if (written_.size() < kShortestEcho) return text;
  held_ += text;
  if (held_.size() < written_.size() && written_.starts_with(held_)) return {};
  if (held_.starts_with(written_)) held_.erase(0, written_.size());
  return flush();
}

std::string EchoFilter::flush() {
  written_.clear();
  return std::exchange(held_, {});
}

}  // namespace pincer
