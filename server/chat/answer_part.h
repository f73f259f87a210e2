// The parts of an answer, as all dialects tell them apart.
#pragma once

#include <string>

namespace pincer {

struct AnswerPart {
  enum class Kind {
    text,       // of the answer
    reasoning,  // what the model thinks before it
    call,       // a tool call begins: its name is `text`, its id `id`
    arguments,  // of the call that began last: more of its JSON text
  };
  Kind kind = Kind::text;
  std::string text;
  std::string id;  // "call_…"
};

}  // namespace pincer
