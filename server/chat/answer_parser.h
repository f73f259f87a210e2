// Takes a model's text apart as it arrives.
#pragma once

#include <string_view>
#include <vector>

#include "pincer/server/answer_format.h"
#include "server/chat/answer_part.h"

namespace pincer {

class AnswerParser {
 public:
  explicit AnswerParser(AnswerFormat format);

  // Whole characters. Text that may be the beginning of a mark is held back; no part is empty.
  std::vector<AnswerPart> push(std::string_view text);
  std::vector<AnswerPart> finish();  // what was held back

  bool in_reasoning() const { return false; }
  int calls() const { return calls_; }  // that began

 private:
  AnswerFormat format_;
  int calls_ = 0;
};

}  // namespace pincer
