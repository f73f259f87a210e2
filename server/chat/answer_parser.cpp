#include "server/chat/answer_parser.h"

#include <utility>

namespace pincer {

AnswerParser::AnswerParser(AnswerFormat format) : format_(std::move(format)) {}

std::vector<AnswerPart> AnswerParser::push(std::string_view text) {
  if (text.empty()) return {};
  return {{AnswerPart::Kind::text, std::string(text), {}}};
}

std::vector<AnswerPart> AnswerParser::finish() { return {}; }

}  // namespace pincer
