// The bodies that answer a completion request: one text_completion object, or several as events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/api/answer_message.h"
#include "server/api/answer_stream.h"
#include "server/api/openai_usage.h"

namespace pincer {

struct CompletionOptions {
  int choices = 1;  // of each prompt
  bool want_logprobs = false;
  bool include_usage = false;
  std::vector<std::string> echoes;  // each prompt's text, if it is to come first; else empty
};

std::string text_completion(const AnswerHead& head, const std::vector<AnswerMessage>& answers,
                            const Tokenizer& tokenizer, const CompletionOptions& options);

class CompletionWriter final : public AnswerWriter {
 public:
  CompletionWriter(const AnswerHead& head, const Tokenizer& tokenizer, CompletionOptions options);

  void begin(std::string& out) override;
  void news(std::string& out, const AnswerNews& news) override;
  void end(std::string& out) override;
  void failed(std::string& out, const Problem& problem) override;

 private:
  void event(std::string& out, std::string_view choices, std::string_view usage) const;

  std::string head_;  // the beginning that all events have in common
  const Tokenizer& tokenizer_;
  CompletionOptions options_;
  AnswerUsage usage_;
  std::vector<std::size_t> offsets_;  // of each choice: characters that came before
};

}  // namespace pincer
