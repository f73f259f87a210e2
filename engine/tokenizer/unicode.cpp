#include "engine/tokenizer/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace pincer::bpe {
namespace {

constexpr std::size_t kAsciiCount = 128;

constexpr std::array<CharClass, kAsciiCount> make_ascii_classes() {
  std::array<CharClass, kAsciiCount> classes{};
  for (std::size_t i = 0; i < kAsciiCount; ++i) {
    const char c = static_cast<char>(i);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      classes[i] = CharClass::letter;
    } else if (c >= '0' && c <= '9') {
      classes[i] = CharClass::number;
    } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
      classes[i] = CharClass::space;
    } else {
      classes[i] = CharClass::other;
    }
  }
  return classes;
}

constexpr std::array<CharClass, kAsciiCount> kAsciiClasses = make_ascii_classes();

// The one character of White_Space above ASCII that is not in a separator category.
constexpr utf8proc_int32_t kNextLine = 0x85;

CharClass classify(utf8proc_int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharClass::letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharClass::number;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharClass::space;
    default:
      return code_point == kNextLine ? CharClass::space : CharClass::other;
  }
}

Char multi_byte_char(std::string_view text, std::size_t pos) {
  constexpr std::size_t kLongest = 4;
  const std::size_t available = std::min(text.size() - pos, kLongest);
  utf8proc_int32_t code_point = -1;
  const utf8proc_ssize_t length =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + pos,
                       static_cast<utf8proc_ssize_t>(available), &code_point);
  if (length <= 0) return {CharClass::other, 1};
  return {classify(code_point), static_cast<std::uint8_t>(length)};
}

}  // namespace

Char char_at(std::string_view text, std::size_t pos) {
  if (pos >= text.size()) return {};
  const auto byte = static_cast<unsigned char>(text[pos]);
  if (byte < kAsciiCount) return {kAsciiClasses[byte], 1};
  return multi_byte_char(text, pos);
}

}  // namespace pincer::bpe
