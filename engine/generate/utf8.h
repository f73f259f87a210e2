// Well-formed UTF-8 (Unicode 15, table 3-7) and its repair.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pincer {

// What a non-empty text begins with.
struct Utf8Prefix {
  enum Kind {
    character,   // a whole character of `bytes` bytes
    invalid,     // `bytes` bytes that one U+FFFD stands for
    incomplete,  // all of the text: the beginning of a character whose end is missing
  };
  Kind kind;
  std::size_t bytes;
};
Utf8Prefix utf8_prefix(std::string_view text);

// Appends `text` to `out` with one U+FFFD for each maximal invalid part, as the WHATWG decoder and
// Python's "replace" do it. Returns the number of bytes taken: all but an incomplete last
// character, and that too `at_end`.
std::size_t append_utf8(std::string& out, std::string_view text, bool at_end);

}  // namespace pincer
