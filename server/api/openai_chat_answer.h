// The bodies that answer a chat request: one chat.completion object, or chat.completion.chunk
// events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pincer/engine/generation.h"
#include "pincer/engine/tokenizer.h"
#include "server/api/answer_reader.h"

namespace pincer {

struct AnswerHead {
  std::string id;  // "chatcmpl-…"
  std::int64_t created = 0;
  std::string model;
  std::string fingerprint;
};

struct AnswerEnd {
  std::string_view finish_reason;  // "stop" or "length"
  int completion_tokens = 0;
  Finish finish;  // of the engine
};

// `answer.tokens` give the logprobs, if wanted.
std::string chat_completion(const AnswerHead& head, const AnswerReader::Piece& answer,
                            const AnswerEnd& end, const Tokenizer& tokenizer, bool want_logprobs);

// Appends server-sent events.
class ChunkWriter {
 public:
  ChunkWriter(const AnswerHead& head, const Tokenizer& tokenizer, bool want_logprobs,
              bool include_usage);

  void role(std::string& out) const;
  void piece(std::string& out, const AnswerReader::Piece& piece) const;
  void end(std::string& out, const AnswerEnd& end) const;  // finish reason, usage, [DONE]
  static void error(std::string& out, std::string_view error_body);

 private:
  void chunk(std::string& out, std::string_view choices, std::string_view usage,
             std::string_view more = {}) const;

  std::string head_;  // the beginning that all chunks have in common
  const Tokenizer& tokenizer_;
  bool want_logprobs_, include_usage_;
};

}  // namespace pincer
