// Turns a generation's tokens into the parts that a client may see, and notices stop strings.
#pragma once

#include <string>
#include <vector>

#include "pincer/engine/generation.h"
#include "pincer/engine/text_assembler.h"
#include "pincer/server/answer_format.h"
#include "pincer/server/chat_request.h"
#include "server/chat/answer_parser.h"

namespace pincer {

class AnswerReader {
 public:
  AnswerReader(const Tokenizer& tokenizer, const ChatRequest& request, const AnswerFormat& format);

  struct Piece {
    std::vector<AnswerPart> parts;
    std::vector<GeneratedToken> tokens;  // those that the parts came from, when logprobs are wanted
  };
  // Text that is held back (half a character, the beginning of a stop string or of a mark) comes
  // with a later piece, and so do its tokens.
  Piece read(const TokenStream::News& news);

  // By a stop string, or because no more calls are wanted.
  bool stopped() const { return assembler_.stopped() || parser_.done(); }
  // Empty unless one has stopped it.
  const std::string& stop_string() const { return assembler_.stop_string(); }
  // Read, until the stop string, but those that only repeat what the client has already.
  int tokens() const { return tokens_; }
  int reasoning_tokens() const { return reasoning_tokens_; }
  int calls() const { return parser_.calls(); }

 private:
  bool repeats(TokenId token);

  const Tokenizer& tokenizer_;
  TextAssembler assembler_;
  AnswerParser parser_;
  bool want_tokens_;
  std::size_t repeated_;  // bytes to come that the client has already
  int most_tokens_;       // that are new; <= 0: no limit
  std::vector<GeneratedToken> held_;
  int tokens_ = 0;
  int reasoning_tokens_ = 0;
};

}  // namespace pincer
