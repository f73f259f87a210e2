// What the pre-tokenizers need to know of Unicode: where a character of UTF-8 ends, and which of
// four classes it is in.
//
// The classes follow the libutf8proc in use; characters that are newer than its Unicode version
// count as `other`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pincer::bpe {

enum class CharClass : std::uint8_t {
  end,     // not a character: the text is over
  space,   // White_Space, the `\s` of the pre-tokenizers' patterns
  letter,  // \p{L}
  number,  // \p{N}
  other,   // everything else, and each byte that is not part of valid UTF-8
};

struct Char {
  CharClass char_class = CharClass::end;
  std::uint8_t length = 0;  // bytes; 0 only at the end of the text
};

// The character that begins at byte `pos` (0 <= pos <= text.size()).
Char char_at(std::string_view text, std::size_t pos);

}  // namespace pincer::bpe
