// The events of Anthropic's stream: https://docs.anthropic.com/en/docs/build-with-claude/streaming
#pragma once

#include <optional>

#include "server/upstream/dialect.h"

namespace pincer {

// A stream that ends without message_stop has broken off.
class AnthropicEvents final : public EventParser {
 public:
  void push(const SseEvent& event, UpstreamNews& news) override;
  void finish(UpstreamNews& news) override;
  int prompt_tokens() const override { return usage_.prompt_tokens; }

 private:
  std::optional<UpstreamEnd> end_;
  UpstreamUsage usage_;
  bool over_ = false;  // an end or a failure was given
};

}  // namespace pincer
