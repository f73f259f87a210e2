// The pieces of a prompt as one text, cut at the special tokens.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/special_tokens.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

// Where in the text special tokens may be.
struct JoinedText {
  struct Range {
    std::size_t begin = 0;  // bytes
    std::size_t end = 0;
  };
  std::string text;
  std::vector<Range> trusted;  // in order, never adjacent
};

JoinedText join(std::span<const TextPiece> pieces);

// Calls add_text(string_view), also with empty texts, and add_token(TokenId) in the order of the
// text. A special token is found only where it lies in trusted pieces entirely.
template <class AddText, class AddToken>
void cut_at_specials(const JoinedText& joined, const SpecialTokens& specials, AddText add_text,
                     AddToken add_token) {
  const std::string_view text = joined.text;
  std::size_t done = 0;
  for (const JoinedText::Range& range : joined.trusted) {
    std::size_t from = range.begin;
    while (const auto match = specials.find(text.substr(0, range.end), from)) {
      add_text(text.substr(done, match->begin - done));
      add_token(match->id);
      done = from = match->end;
    }
  }
  add_text(text.substr(done));
}

}  // namespace pincer::bpe
