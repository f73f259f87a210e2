// A model's chat template: messages to marked text.
#pragma once

#include <string>
#include <vector>

#include "pincer/engine/gguf.h"
#include "pincer/engine/jinja.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

struct ChatMessage {
  std::string role;
  std::string content;
};

class ChatTemplate {
 public:
  // `tokenizer.chat_template`; without one, the format that goes with a control token of the
  // vocabulary (Gemma's <start_of_turn>, Llama 3's <|start_header_id|>), else ChatML.
  static Result<ChatTemplate> from_gguf(const gguf::File& file, const Tokenizer& tokenizer);

  // Message contents are untrusted, all else is trusted. Joined neighbours: no two pieces of the
  // same trust follow each other.
  Result<std::vector<TextPiece>> render(const std::vector<ChatMessage>& messages,
                                        bool add_generation_prompt = true) const;

  const std::string& source() const { return source_; }

 private:
  std::string source_, bos_, eos_;
  jinja::Template template_;
};

}  // namespace pincer
