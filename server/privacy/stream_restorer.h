// Puts values back where their placeholders stand in an answer that arrives in pieces. Only what
// may become a placeholder is held back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/chat/answer_part.h"
#include "server/privacy/placeholders.h"

namespace pincer {

// One text. Restored are "[EMAIL_1]", "\[EMAIL\_1\]" as Markdown escapes it, and EMAIL_1 as a whole
// word; nothing in lower case, which may be a variable of the answer's own.
class TextRestorer {
 public:
  // `map` must outlive it. `json`: the text is JSON; values are escaped, Markdown is not looked
  // for.
  TextRestorer(const PlaceholderMap& map, bool json) : map_(&map), json_(json) {}

  std::string push(std::string_view piece);
  std::string finish();  // what was held back

 private:
  struct Match {
    enum class Kind { none, partial, whole } kind = Kind::none;
    std::size_t size = 0;  // of what is replaced
    const std::string* value = nullptr;
  };
  std::string advance(bool final);
  Match match(std::string_view text, bool final) const;

  const PlaceholderMap* map_;
  bool json_;
  bool after_word_ = false;  // what was passed on ends in a word
  std::string held_;
};

// The parts of an answer: text and reasoning as text, each call's arguments as JSON.
class StreamRestorer {
 public:
  explicit StreamRestorer(const PlaceholderMap& map) : map_(&map), text_(map, false) {}

  std::vector<AnswerPart> push(AnswerPart part);
  std::vector<AnswerPart> finish();

 private:
  void flush(std::vector<AnswerPart>& out);

  const PlaceholderMap* map_;
  TextRestorer text_;  // of the kind that came last
  AnswerPart::Kind kind_ = AnswerPart::Kind::text;
  std::string id_;
};

}  // namespace pincer
