#include "engine/tokenizer/quote_text.h"

#include <cstddef>

namespace pincer::bpe {

std::string quote_text(std::string_view text) {
  constexpr std::size_t kShown = 40;
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xF];
    }
  }
  out += text.size() > kShown ? "...\"" : "\"";
  return out;
}

}  // namespace pincer::bpe
