// Tokens to text that may be shown: holds back bytes that are not yet a whole UTF-8 character, and
// text that may be the start of a stop string.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/tokenizer.h"

namespace pincer {

// One generation's; not thread-safe. Control tokens add no text.
class TextAssembler {
 public:
  // `tokenizer` must outlive this. Empty stop strings are ignored. The first `known` bytes, whole
  // characters, are left out and are no part of a stop string: their reader has them already.
  TextAssembler(const Tokenizer& tokenizer, const std::vector<std::string>& stops,
                std::size_t known = 0);

  // The text that this token releases, often empty, always whole characters: U+FFFD stands for each
  // maximal invalid part. After a stop string was found: text before it, then nothing more. Of
  // several stop strings the first to be complete counts.
  std::string push(TokenId id);
  bool stopped() const { return stopped_; }
  const std::string& stop_string() const { return stop_string_; }  // empty unless stopped
  // What was held back, at the end of the stream; incomplete UTF-8 becomes U+FFFD. A stop string
  // may be found here as well.
  std::string flush();

 private:
  std::string release(bool at_end);

  const Tokenizer& tokenizer_;
  std::vector<std::string> stops_;
  std::size_t known_;    // bytes, still to come
  std::string partial_;  // bytes that are not yet a whole character
  std::string held_;     // valid UTF-8 that may be the start of a stop string
  bool stopped_ = false;
  std::string stop_string_;
};

}  // namespace pincer
