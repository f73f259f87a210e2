#include "server/route/text_size.h"

#include <cstdint>
#include <cstring>

namespace pincer {

TextSize text_size(std::string_view text) {
  // A byte that goes on with a code point is 10xxxxxx. Chinese, Japanese and Korean are those of
  // three bytes that begin with E3 to ED; four bytes are their rare signs, or pictures, of which
  // each is a token or more as well.
  TextSize size;
  std::size_t wide = 0;
  const auto count = [&size, &wide](char c) {
    const auto byte = static_cast<unsigned char>(c);
    size.code_points += (byte & 0xC0) != 0x80 ? 1 : 0;
    wide += (byte >= 0xE3 && byte <= 0xED) || byte >= 0xF0 ? 1 : 0;
  };
  std::size_t i = 0;
  // Eight at once where all are ASCII.
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + i, sizeof eight);
    if ((eight & 0x8080808080808080ULL) == 0) {
      size.code_points += sizeof eight;
      continue;
    }
    for (std::size_t k = 0; k < sizeof eight; ++k) count(text[i + k]);
  }
  for (; i < text.size(); ++i) count(text[i]);
  size.quarter_tokens = size.code_points + 3 * wide;
  return size;
}

}  // namespace pincer
