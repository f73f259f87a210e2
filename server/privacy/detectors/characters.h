// What detectors ask of single characters. Bytes beyond ASCII are no word characters here: in
// Chinese and Japanese nothing stands between a number and the words around it.
#pragma once

#include <cstddef>
#include <string_view>

namespace pincer::privacy {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(char c) { return is_upper(c) || is_lower(c); }
constexpr bool is_alnum(char c) { return is_letter(c) || is_digit(c); }
constexpr bool is_word(char c) { return is_alnum(c) || c == '_'; }
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr char lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }
constexpr char upper(char c) { return is_lower(c) ? static_cast<char>(c - 32) : c; }
constexpr int digit_value(char c) { return c - '0'; }

// The character at `i`, or 0 outside of the text.
constexpr char at(std::string_view text, std::size_t i) { return i < text.size() ? text[i] : '\0'; }
constexpr char before(std::string_view text, std::size_t i) { return i > 0 ? text[i - 1] : '\0'; }

// Whether `word`, in lower case, stands at `i` in any case.
constexpr bool has_word(std::string_view text, std::size_t i, std::string_view word) {
  if (i > text.size() || text.size() - i < word.size()) return false;
  for (std::size_t k = 0; k < word.size(); ++k) {
    if (lower(text[i + k]) != word[k]) return false;
  }
  return true;
}

// Whether one of `words`, in lower case, stands in the `reach` bytes before `i`, in the same line.
template <class Words>
constexpr bool word_before(std::string_view text, std::size_t i, const Words& words,
                           std::size_t reach) {
  std::size_t from = i > reach ? i - reach : 0;
  for (std::size_t k = from; k < i; ++k) {
    if (text[k] == '\n') from = k + 1;
  }
  for (const std::string_view word : words) {
    for (std::size_t k = from; k + word.size() <= i; ++k) {
      if (has_word(text, k, word) && !(is_letter(word[0]) && is_letter(before(text, k)))) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace pincer::privacy
