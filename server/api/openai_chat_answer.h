// The bodies that answer a chat request: one chat.completion object, or chat.completion.chunk
// events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/api/answer_message.h"
#include "server/api/answer_stream.h"
#include "server/api/openai_usage.h"

namespace pincer {

std::string chat_completion(const AnswerHead& head, const std::vector<AnswerMessage>& choices,
                            const Tokenizer& tokenizer, bool want_logprobs);

struct ChunkOptions {
  int choices = 1;
  bool want_logprobs = false;
  bool include_usage = false;  // one more chunk, with the usage of all choices
};

class ChunkWriter final : public AnswerWriter {
 public:
  ChunkWriter(const AnswerHead& head, const Tokenizer& tokenizer, ChunkOptions options);

  void begin(std::string& out) override;
  void news(std::string& out, const AnswerNews& news) override;
  void end(std::string& out) override;
  void failed(std::string& out, const Problem& problem) override;

 private:
  void chunk(std::string& out, std::string_view choices, std::string_view usage,
             std::string_view more = {}) const;

  std::string head_;  // the beginning that all chunks have in common
  const Tokenizer& tokenizer_;
  ChunkOptions options_;
  AnswerUsage usage_;
  std::vector<int> calls_;  // of each choice: how many have begun
};

}  // namespace pincer
