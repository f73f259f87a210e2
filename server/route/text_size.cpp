#include "server/route/text_size.h"

namespace pincer {

TextSize text_size(std::string_view text) {
  // A byte that goes on with a code point is 10xxxxxx. Chinese, Japanese and Korean are those of
  // three bytes that begin with E3 to ED; four bytes are their rare signs, or pictures, of which
  // each is a token or more as well.
  TextSize size;
  std::size_t wide = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) ++size.code_points;
    wide += static_cast<std::size_t>((byte >= 0xE3 && byte <= 0xED) || byte >= 0xF0);
  }
  size.quarter_tokens = size.code_points + 3 * wide;
  return size;
}

}  // namespace pincer
