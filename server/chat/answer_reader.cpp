#include "server/chat/answer_reader.h"

#include <algorithm>
#include <utility>

namespace pincer {

AnswerReader::AnswerReader(const Tokenizer& tokenizer, const ChatRequest& request,
                           const AnswerFormat& format)
    : tokenizer_(tokenizer),
      assembler_(tokenizer, request.stops, format.repeated),
      parser_(format),
      want_tokens_(request.want_logprobs),
      repeated_(format.repeated),
      most_tokens_(request.max_tokens) {
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

// Whether the token has nothing new; each is asked about once.
bool AnswerReader::repeats(TokenId token) {
  const std::size_t bytes = tokenizer_.token_bytes(token).size();
  const bool nothing_new = repeated_ > 0 && bytes <= repeated_;
  repeated_ -= std::min(repeated_, bytes);
  return nothing_new;
}

AnswerReader::Piece AnswerReader::read(const TokenStream::News& news) {
  Piece piece;
  for (const GeneratedToken& token : news.tokens) {
    // The engine was ahead; or it made one more in the place of one that it had to repeat, but
    // needed none for that.
    if (stopped() || (most_tokens_ > 0 && tokens_ == most_tokens_)) break;
    const bool old = repeats(token.id);
    append(piece.parts, parser_.push(assembler_.push(token.id)));
    if (old) continue;
    ++tokens_;
    if (parser_.in_reasoning()) ++reasoning_tokens_;
    if (want_tokens_ && !tokenizer_.is_control(token.id)) held_.push_back(token);
  }
  if (news.finish) {
    append(piece.parts, parser_.push(assembler_.flush()));
    append(piece.parts, parser_.finish());
  }
  if (!piece.parts.empty() || news.finish) piece.tokens = std::exchange(held_, {});
  return piece;
}

}  // namespace pincer
