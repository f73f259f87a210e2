#include "server/chat/answer_reader.h"

#include <algorithm>
#include <utility>

namespace pincer {

AnswerReader::AnswerReader(const Tokenizer& tokenizer, const ChatRequest& request,
                           const AnswerFormat& format)
    : tokenizer_(tokenizer),
      assembler_(tokenizer, request.stops),
      parser_(format),
      want_tokens_(request.want_logprobs),
      repeated_(format.repeated) {
  if (!format.written.empty()) parser_.resume(format.written);
}

namespace {

// Parts that continue each other become one.
void append(std::vector<AnswerPart>& parts, std::vector<AnswerPart> more) {
  for (AnswerPart& part : more) {
    const bool goes_on = !parts.empty() && parts.back().kind == part.kind;
    if (goes_on && part.kind != AnswerPart::Kind::call) {
      parts.back().text += part.text;
    } else {
      parts.push_back(std::move(part));
    }
  }
}

}  // namespace

std::string AnswerReader::fresh(std::string text) {
  const std::size_t known = std::min(repeated_, text.size());
  repeated_ -= known;
  text.erase(0, known);
  return text;
}

AnswerReader::Piece AnswerReader::read(const TokenStream::News& news) {
  Piece piece;
  for (const GeneratedToken& token : news.tokens) {
    if (stopped()) break;  // the engine was ahead
    ++tokens_;
    append(piece.parts, parser_.push(fresh(assembler_.push(token.id))));
    if (parser_.in_reasoning()) ++reasoning_tokens_;
    if (want_tokens_ && !tokenizer_.is_control(token.id)) held_.push_back(token);
  }
  if (news.finish) {
    append(piece.parts, parser_.push(fresh(assembler_.flush())));
    append(piece.parts, parser_.finish());
  }
  if (!piece.parts.empty() || news.finish) piece.tokens = std::exchange(held_, {});
  return piece;
}

}  // namespace pincer
