// Turns a generation's tokens into the text that a client may see, and notices stop strings.
#pragma once

#include <string>
#include <vector>

#include "pincer/engine/generation.h"
#include "pincer/engine/text_assembler.h"
#include "pincer/server/backend.h"

namespace pincer {

class AnswerReader {
 public:
  AnswerReader(const Tokenizer& tokenizer, const ChatRequest& request);

  struct Piece {
    std::string text;
    std::vector<GeneratedToken> tokens;  // those that the text came from, when logprobs are wanted
    bool empty() const { return text.empty() && tokens.empty(); }
  };
  // Text that is held back (half a character, the beginning of a stop string) comes with a later
  // piece, and so do its tokens.
  Piece read(const TokenStream::News& news);

  bool stopped() const { return assembler_.stopped(); }  // by a stop string
  int tokens_until_stop() const { return tokens_; }

 private:
  const Tokenizer& tokenizer_;
  TextAssembler assembler_;
  bool want_tokens_;
  std::vector<GeneratedToken> held_;
  int tokens_ = 0;
};

}  // namespace pincer
