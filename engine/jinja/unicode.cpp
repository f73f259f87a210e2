#include "engine/jinja/unicode.h"

#include <utf8proc.h>

#include <algorithm>

#include "engine/jinja/special_casing.h"

namespace pincer::jinja {
namespace {

constexpr char32_t kAsciiEnd = 0x80;
constexpr char32_t kEscapedByte = 0xDC00;
constexpr char32_t kDottedCapitalI = 0x130;

bool ascii_alpha(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

void append_expansion(std::string& out, const Expansion& expansion) {
  for (const char32_t c : expansion.to) {
    if (c != 0) append_utf8(out, c);
  }
}

}  // namespace

Char char_at(std::string_view text, std::size_t pos) {
  const auto byte = static_cast<unsigned char>(text[pos]);
  if (byte < kAsciiEnd) return {byte, 1};
  constexpr std::size_t kLongest = 4;
  utf8proc_int32_t value = -1;
  const auto available = static_cast<utf8proc_ssize_t>(std::min(text.size() - pos, kLongest));
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + pos;
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, available, &value);
  if (length <= 0) return {kEscapedByte + byte, 1};
  return {static_cast<char32_t>(value), static_cast<std::uint8_t>(length)};
}

std::size_t previous_char(std::string_view text, std::size_t pos) {
  // A character has at most four bytes; if none of that length ends here, the byte stands alone.
  for (std::size_t length = 1; length <= 4 && length <= pos; ++length) {
    const auto byte = static_cast<unsigned char>(text[pos - length]);
    if ((byte & 0xC0U) == 0x80U) continue;  // a continuation byte: the character begins before it
    if (char_at(text, pos - length).length == length) return pos - length;
    break;
  }
  return pos - 1;
}

std::size_t count_chars(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t pos = 0; pos < text.size(); pos += char_at(text, pos).length) ++count;
  return count;
}

void append_utf8(std::string& out, char32_t value) {
  if (value >= kEscapedByte + 0x80 && value <= kEscapedByte + 0xFF) {
    out.push_back(static_cast<char>(value - kEscapedByte));
    return;
  }
  constexpr char32_t kReplacement = 0xFFFD;
  const bool valid = utf8proc_codepoint_valid(static_cast<utf8proc_int32_t>(value));
  utf8proc_uint8_t bytes[4];
  const auto length =
      utf8proc_encode_char(static_cast<utf8proc_int32_t>(valid ? value : kReplacement), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

bool is_space(char32_t c) {
  // 0x1C to 0x1F separate files, groups, records and units: white space to Python only.
  if (c < kAsciiEnd) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_line_end(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

bool is_alpha(char32_t c) {
  if (c < kAsciiEnd) return ascii_alpha(c);
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(char32_t c) {
  if (c < kAsciiEnd) return c >= '0' && c <= '9';
  return category(c) == UTF8PROC_CATEGORY_ND;
}

bool is_numeric(char32_t c) {
  if (c < kAsciiEnd) return c >= '0' && c <= '9';
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO;
}

bool is_printable(char32_t c) {
  if (c < kAsciiEnd) return c >= 0x20 && c < 0x7F;
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_SO;
}

bool is_word(char32_t c) {
  if (c == '_') return true;
  if (c < kAsciiEnd) return ascii_alpha(c) || is_decimal(c);
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_PC;
}

bool is_upper(char32_t c) {
  if (c < kAsciiEnd) return c >= 'A' && c <= 'Z';
  return category(c) == UTF8PROC_CATEGORY_LU;
}

bool is_lower(char32_t c) {
  if (c < kAsciiEnd) return c >= 'a' && c <= 'z';
  // The feminine and masculine ordinals are letters without case that Unicode lists as lowercase.
  return category(c) == UTF8PROC_CATEGORY_LL || c == 0xAA || c == 0xBA;
}

bool is_title(char32_t c) { return c >= kAsciiEnd && category(c) == UTF8PROC_CATEGORY_LT; }

void append_upper(std::string& out, char32_t c) {
  if (c < kAsciiEnd) return out.push_back(static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c));
  if (const Expansion* expansion = upper_expansion(c)) return append_expansion(out, *expansion);
  append_utf8(out, static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
}

void append_lower(std::string& out, char32_t c) {
  if (c < kAsciiEnd) return out.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
  if (c == kDottedCapitalI) {
    out += "i\xCC\x87";  // keeps the dot as a combining one
    return;
  }
  append_utf8(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
}

void append_title(std::string& out, char32_t c) {
  if (c < kAsciiEnd) return append_upper(out, c);
  if (const Expansion* expansion = title_expansion(c)) return append_expansion(out, *expansion);
  append_utf8(out, static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c))));
}

Range trim_spaces(std::string_view text, bool left, bool right) {
  Range range{0, text.size()};
  while (left && range.begin < range.end) {
    const Char c = char_at(text, range.begin);
    if (!is_space(c.value)) break;
    range.begin += c.length;
  }
  while (right && range.end > range.begin) {
    const std::size_t begin = previous_char(text, range.end);
    if (!is_space(char_at(text, begin).value)) break;
    range.end = begin;
  }
  return range;
}

}  // namespace pincer::jinja
