// A string that knows, byte by byte, whether it is the template's own or came from a user.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/tokenizer.h"

namespace pincer::jinja {

class Text {
 public:
  Text() = default;
  Text(std::string bytes, bool trusted) : bytes_(std::move(bytes)), first_(trusted) {}

  std::string_view bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

  // Whether byte i (i < size()) is trusted.
  bool trusted_at(std::size_t i) const;
  bool all_trusted() const { return empty() || (first_ && flips_.empty()); }

  void append(std::string_view bytes, bool trusted);
  // Bytes [begin, end) of `other` with their marks; begin <= end <= other.size(). `other` may be
  // *this only through a copy.
  void append(const Text& other, std::size_t begin, std::size_t end);
  void append(const Text& other) { append(other, 0, other.size()); }
  Text slice(std::size_t begin, std::size_t end) const;

  // Stretches of equal trust; neighbours differ.
  std::vector<TextPiece> pieces() const;

  // Jinja's Markup: HTML that `+` must not mix with unescaped text.
  bool is_markup() const { return markup_; }
  void set_markup(bool markup) { markup_ = markup; }

 private:
  bool last_trusted() const { return first_ != (flips_.size() % 2 == 1); }

  std::string bytes_;
  std::vector<std::size_t>
      flips_;          // ascending offsets where the trust changes, each in (0, size())
  bool first_ = true;  // the trust of byte 0
  bool markup_ = false;
};

}  // namespace pincer::jinja
