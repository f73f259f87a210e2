// Takes a model's text apart as it arrives: thinking, text, tool calls.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/server/answer_format.h"
#include "server/chat/answer_part.h"
#include "server/chat/call_parser.h"

namespace pincer {

// Text that may be the beginning of a mark is held back. What only separates the parts (white space
// around marks, commas between calls) is dropped. A call that is none comes out as the text that it
// is, and so does what follows arguments that are not JSON.
class AnswerParser {
 public:
  explicit AnswerParser(AnswerFormat format);

  // First of all, for an answer that goes on: what was read of it elsewhere. Brings no parts.
  void resume(std::string_view text);
  // Whole characters. No part is empty.
  std::vector<AnswerPart> push(std::string_view text);
  std::vector<AnswerPart> finish();  // what was held back

  bool in_reasoning() const { return mode_ == Mode::thinking; }
  int calls() const { return calls_; }               // that began
  bool done() const { return mode_ == Mode::done; }  // nothing more will come

 private:
  using Parts = std::vector<AnswerPart>;
  // Each handles the text at hand as far as it can; false when it needs more of it.
  bool step(bool at_end);
  bool start(bool at_end);
  bool think(bool at_end);
  bool begin_answer(bool at_end);
  bool answer(bool at_end);
  bool call(bool at_end);
  bool after_call(bool at_end);
  bool after_bare_call();

  void begin_call(std::size_t mark_size);
  bool end_call(CallParser::State state);
  bool drop_space(std::string_view what);
  void emit(AnswerPart::Kind kind, std::size_t size);

  AnswerFormat format_;
  enum class Mode {
    start,         // white space and the mark of thinking may come
    thinking,      // until its other mark
    begin_answer,  // bare calls can only begin here
    answer,        // text, in which tagged calls may begin
    call,          // in a JSON object
    after_call,    // what separates it from the next
    done,
  } mode_ = Mode::start;
  bool separated_ = false;  // white space at the beginning of text_ is of no part
  std::string text_;        // not handled yet
  Parts out_;
  std::optional<CallParser> parser_;  // of the present call
  std::string call_mark_;             // what stood before it
  int calls_ = 0;
};

}  // namespace pincer
