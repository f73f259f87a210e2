#include "engine/jinja/text.h"

#include <algorithm>
#include <iterator>

namespace pincer::jinja {

bool Text::trusted_at(std::size_t i) const {
  const auto flips = std::upper_bound(flips_.begin(), flips_.end(), i) - flips_.begin();
  return first_ != (flips % 2 == 1);
}

void Text::append(std::string_view bytes, bool trusted) {
  if (bytes.empty()) return;
  if (bytes_.empty()) {
    first_ = trusted;
    flips_.clear();
  } else if (last_trusted() != trusted) {
    flips_.push_back(bytes_.size());
  }
  bytes_.append(bytes);
}

void Text::append(const Text& other, std::size_t begin, std::size_t end) {
  auto flip = std::upper_bound(other.flips_.begin(), other.flips_.end(), begin);
  bool trusted = other.first_ != ((flip - other.flips_.begin()) % 2 == 1);
  while (begin < end) {
    const std::size_t stop = flip == other.flips_.end() ? end : std::min(end, *flip);
    append(other.bytes().substr(begin, stop - begin), trusted);
    begin = stop;
    trusted = !trusted;
    if (flip != other.flips_.end()) ++flip;
  }
}

Text Text::slice(std::size_t begin, std::size_t end) const {
  Text part;
  part.append(*this, begin, end);
  return part;
}

std::vector<TextPiece> Text::pieces() const {
  std::vector<TextPiece> pieces;
  std::size_t begin = 0;
  bool trusted = first_;
  for (const std::size_t flip : flips_) {
    pieces.push_back({bytes_.substr(begin, flip - begin), trusted});
    begin = flip;
    trusted = !trusted;
  }
  if (begin < bytes_.size()) pieces.push_back({bytes_.substr(begin), trusted});
  return pieces;
}

}  // namespace pincer::jinja
