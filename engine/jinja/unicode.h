// Characters of UTF-8 text, with the classes that Python's str methods use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pincer::jinja {

// A byte that is not part of valid UTF-8 is a character of its own: U+DC00 plus the byte, as
// Python's "surrogateescape" has it.
struct Char {
  char32_t value = 0;
  std::uint8_t length = 0;  // bytes, 1 to 4
};

// The character at byte `pos` < text.size().
Char char_at(std::string_view text, std::size_t pos);
// The offset of the character that ends before byte `pos` > 0.
std::size_t previous_char(std::string_view text, std::size_t pos);
std::size_t count_chars(std::string_view text);
void append_utf8(std::string& out, char32_t value);

bool is_space(char32_t c);
bool is_line_end(char32_t c);
bool is_alpha(char32_t c);
bool is_decimal(char32_t c);
bool is_numeric(char32_t c);
bool is_printable(char32_t c);
bool is_word(char32_t c);  // may be part of an identifier
bool is_upper(char32_t c);
bool is_lower(char32_t c);
bool is_title(char32_t c);
inline bool is_cased(char32_t c) { return is_upper(c) || is_lower(c) || is_title(c); }

// Append the character in another case. One character may become up to three.
void append_upper(std::string& out, char32_t c);
void append_lower(std::string& out, char32_t c);
void append_title(std::string& out, char32_t c);

// Byte range of `text` without white space at the ends.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};
Range trim_spaces(std::string_view text, bool left, bool right);

}  // namespace pincer::jinja
