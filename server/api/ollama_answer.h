// The bodies that answer POST /api/chat and /api/generate: one object, or one a line.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "server/api/answer_message.h"
#include "server/api/answer_stream.h"
#include "server/api/ollama_request.h"

namespace pincer {

struct OllamaHead {
  OllamaUse use = OllamaUse::chat;
  std::string model;                            // as the client wrote it
  std::chrono::steady_clock::time_point asked;  // the request was complete
  std::chrono::nanoseconds load{0};             // until the model was there and had the prompt
  bool want_logprobs = false;
  std::vector<TokenId> prompt;  // generate: begins the context that is returned
};

std::string ollama_answer(const OllamaHead& head, const AnswerMessage& answer,
                          const Tokenizer& tokenizer);
// When only the model was asked for.
std::string ollama_loaded(const OllamaHead& head);

// Calls come whole, each on a line of its own.
class OllamaWriter final : public AnswerWriter {
 public:
  OllamaWriter(OllamaHead head, const Tokenizer& tokenizer)
      : head_(std::move(head)), tokenizer_(tokenizer) {}

  std::string_view content_type() const override { return "application/x-ndjson"; }
  void begin(std::string&) override {}
  void news(std::string& out, const AnswerNews& news) override;
  void end(std::string& out) override;
  void failed(std::string& out, const Problem& problem) override;

 private:
  void send_call(std::string& out);

  OllamaHead head_;
  const Tokenizer& tokenizer_;
  AnswerMessage so_far_;        // its calls until they were sent
  std::size_t calls_sent_ = 0;  // of so_far_.calls
};

}  // namespace pincer
