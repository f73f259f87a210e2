// A place in the text of a grammar.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/grammar/code_points.h"
#include "pincer/engine/result.h"

namespace pincer::grammar {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool sees(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  bool take(std::string_view word) {
    if (!sees(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip(std::size_t bytes = 1) { at_ += bytes; }
  std::size_t at() const { return at_; }
  void go_to(std::size_t at) { at_ = at; }
  std::string_view from(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

  // Nothing where the text is not UTF-8 there, or done.
  std::optional<char32_t> take_code_point() {
    const DecodedCodePoint decoded = decode_code_point(text_.substr(at_));
    if (decoded.bytes == 0) return std::nullopt;
    at_ += decoded.bytes;
    return decoded.value;
  }
  // Exactly `digits` hexadecimal digits; nothing, and no move, where they are not there.
  std::optional<char32_t> take_hex(std::size_t digits) {
    char32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = peek(i);
      const std::size_t digit =
          std::string_view("0123456789abcdef")
              .find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
      if (c == '\0' || digit == std::string_view::npos) return std::nullopt;
      value = value << 4 | static_cast<char32_t>(digit);
    }
    at_ += digits;
    return value;
  }
  // A decimal number, no more than `most` + 1; nothing where there is no digit.
  std::optional<int> take_number(int most) {
    if (peek() < '0' || peek() > '9') return std::nullopt;
    int value = 0;
    for (; peek() >= '0' && peek() <= '9'; skip()) {
      if (value <= most) value = value * 10 + (peek() - '0');
    }
    return value > most ? most + 1 : value;
  }

  // "line 3, column 5", from 1 on; columns are bytes.
  std::string line_and_column() const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n');
    const std::size_t column = start == std::string_view::npos ? at_ + 1 : at_ - start;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace pincer::grammar
