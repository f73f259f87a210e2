#include "engine/jinja/string_literal.h"

#include <charconv>
#include <cstddef>
#include <cstdint>

#include "engine/jinja/budget.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

// One-letter escapes and what they stand for.
constexpr std::string_view kLetters = "\\'\"abfnrtv";
constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";

std::size_t hex_digits(char letter) {
  if (letter == 'x') return 2;
  if (letter == 'u') return 4;
  return letter == 'U' ? 8 : 0;
}

class Unescaper {
 public:
  Unescaper(std::string_view body, int line) : body_(body), line_(line) {}

  std::string run() {
    while (pos_ < body_.size()) {
      if (body_[pos_] == '\\' && pos_ + 1 < body_.size()) {
        escape(body_[pos_ + 1]);
      } else {
        out_.push_back(body_[pos_++]);
      }
    }
    return std::move(out_);
  }

 private:
  void escape(char letter) {
    if (const std::size_t at = kLetters.find(letter); at != std::string_view::npos) {
      out_.push_back(kMeanings[at]);
      pos_ += 2;
    } else if (letter == '\n') {
      pos_ += 2;  // an escaped line end joins the lines
    } else if (const std::size_t digits = hex_digits(letter); digits > 0) {
      pos_ += 2;
      code_point(digits, digits, 16);
    } else if (letter >= '0' && letter <= '7') {
      pos_ += 1;
      code_point(1, 3, 8);
    } else if (letter == 'N') {
      fail_at(line_, "character names (\\N) in strings are not supported");
    } else {
      out_.push_back('\\');
      pos_ += 1;
    }
  }

  void code_point(std::size_t least, std::size_t most, int base) {
    const std::string_view digits = body_.substr(pos_, most);
    std::uint32_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    const auto read = static_cast<std::size_t>(parsed.ptr - digits.data());
    constexpr std::uint32_t kLast = 0x10FFFF;
    if (read < least || value > kLast) fail_at(line_, "broken escape in a string");
    // Half a surrogate pair is no character; it must not pass for a stray byte either.
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    append_utf8(out_, surrogate ? 0xFFFD : value);
    pos_ += read;
  }

  std::string_view body_;
  int line_;
  std::size_t pos_ = 0;
  std::string out_;
};

}  // namespace

std::string unquote(std::string_view token, int line) {
  return Unescaper(token.substr(1, token.size() - 2), line).run();
}

}  // namespace pincer::jinja
