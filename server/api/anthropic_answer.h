// The bodies that answer POST /v1/messages: one message, or the events of a stream.
// https://docs.anthropic.com/en/docs/build-with-claude/streaming
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/api/answer_message.h"
#include "server/api/answer_stream.h"

namespace pincer {

struct AnthropicHead {
  std::string id;  // "msg_…"
  std::string model;
  int prompt_tokens = 0;  // for a stream's beginning
};

std::string anthropic_message(const AnthropicHead& head, const AnswerMessage& answer);

// message_start, ping; for each block content_block_start, content_block_delta ..., _stop;
// message_delta, message_stop; error instead of these when the answer fails. The usage of
// message_start knows the prompt at most, and not what of it is read from the cache; that of
// message_delta knows everything.
class AnthropicWriter final : public AnswerWriter {
 public:
  explicit AnthropicWriter(AnthropicHead head) : head_(std::move(head)) {}

  void begin(std::string& out) override;
  void news(std::string& out, const AnswerNews& news) override;
  void end(std::string& out) override;
  void failed(std::string& out, const Problem& problem) override;

 private:
  void part(std::string& out, const AnswerPart& part);
  void close(std::string& out);

  AnthropicHead head_;
  std::optional<AnswerPart::Kind> block_;  // the open one's
  std::int64_t index_ = -1;                // of the last block
  AnswerEnd end_;
};

}  // namespace pincer
