#include "server/api/answer_reader.h"

#include <utility>

namespace pincer {

AnswerReader::AnswerReader(const Tokenizer& tokenizer, const ChatRequest& request)
    : tokenizer_(tokenizer),
      assembler_(tokenizer, request.stops),
      want_tokens_(request.want_logprobs) {}

AnswerReader::Piece AnswerReader::read(const TokenStream::News& news) {
  Piece piece;
  for (const GeneratedToken& token : news.tokens) {
    if (stopped()) break;  // the engine was ahead
    ++tokens_;
    piece.text += assembler_.push(token.id);
    if (want_tokens_ && !tokenizer_.is_control(token.id)) held_.push_back(token);
  }
  if (news.finish) piece.text += assembler_.flush();
  if (!piece.text.empty() || news.finish) piece.tokens = std::exchange(held_, {});
  return piece;
}

}  // namespace pincer
