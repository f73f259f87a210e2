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
  // `tokenizer.chat_template`; without one, the plain messages where the vocabulary has the turns
  // of Gemma or Llama 3 (a base model), else ChatML.
  static Result<ChatTemplate> from_gguf(const gguf::File& file, const Tokenizer& tokenizer);

  // Message contents are untrusted, all else is trusted. Joined neighbours: no two pieces of the
  // same trust follow each other.
  Result<std::vector<TextPiece>> render(const std::vector<ChatMessage>& messages,
                                        bool add_generation_prompt = true) const;
  // With variables of the caller's: `messages`, `add_generation_prompt`, `tools` and whatever else
  // the template may ask for. Its tokens are added. Strings are trusted as they are marked.
  Result<std::vector<TextPiece>> render(jinja::Object variables) const;

  const std::string& source() const { return source_; }

 private:
  std::string source_, bos_, eos_;
  jinja::Template template_;
};

}  // namespace pincer
