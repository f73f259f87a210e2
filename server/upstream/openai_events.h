// The chunks of an OpenAI-compatible stream:
// https://platform.openai.com/docs/api-reference/chat-streaming
#pragma once

#include <optional>
#include <string>

#include "server/upstream/dialect.h"

namespace pincer {

// A stream that ends without a finish_reason has broken off.
class OpenAiEvents final : public EventParser {
 public:
  void push(const SseEvent& event, UpstreamNews& news) override;
  void finish(UpstreamNews& news) override;

 private:
  void conclude(UpstreamNews& news);

  std::optional<UpstreamEnd> end_;  // said, but the usage may follow
  UpstreamUsage usage_;
  int call_ = -1;  // index of the call that came last
  int pieces_ = 0;
  bool over_ = false;  // an end or a failure was given
};

}  // namespace pincer
