// Reads one tool call, a JSON object, out of a text that arrives in pieces.
#pragma once

#include <boost/json/stream_parser.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "server/chat/answer_part.h"
#include "server/chat/json_extent.h"

namespace pincer {

// {"name":"…","arguments":{…}}, or "parameters" in the place of "arguments". Written in this order,
// the call comes out as it is written; in another order, or among other members, when the object
// is whole.
class CallParser {
 public:
  // Calls of other names than `tools` are none.
  explicit CallParser(const std::vector<std::string>& tools);

  enum class State {
    more,    // what has come may be a call, or is one that goes on
    whole,   // the object has ended
    broken,  // it is no call, or its arguments are not JSON
  };
  // Takes what it has understood off the beginning of `text`; the next call gets the rest again,
  // with more behind it. A call that is broken before it has begun has taken nothing.
  State push(std::string& text, std::vector<AnswerPart>& out);

  bool begun() const { return begun_; }

 private:
  State read_head(std::string& text, std::vector<AnswerPart>& out);
  State read_arguments(std::string& text, std::vector<AnswerPart>& out);
  State read_tail(std::string& text);
  State read_object(std::string& text, std::vector<AnswerPart>& out);
  bool parse(std::string_view json);
  bool known(std::string_view name) const;
  void begin(std::string_view name, std::vector<AnswerPart>& out);

  const std::vector<std::string>& tools_;
  enum class Stage {
    head,       // up to the arguments
    arguments,  // in them
    tail,       // up to the closing brace
    object,     // of an unusual form, until it is whole
  } stage_ = Stage::head;
  bool begun_ = false;
  JsonExtent extent_;                // of the arguments, or of the whole object
  JsonExtent tail_;                  // of what follows the arguments, to the end of the object
  bool in_more_members_ = false;     // in it
  std::size_t scanned_ = 0;          // of an object of unusual form
  boost::json::stream_parser json_;  // of the same
};

}  // namespace pincer
