#include "engine/tokenizer/joined_text.h"

namespace pincer::bpe {

JoinedText join(std::span<const TextPiece> pieces) {
  std::size_t size = 0;
  for (const TextPiece& piece : pieces) size += piece.text.size();
  JoinedText joined;
  joined.text.reserve(size);
  for (const TextPiece& piece : pieces) {
    const std::size_t begin = joined.text.size();
    joined.text += piece.text;
    if (!piece.trusted || piece.text.empty()) continue;
    if (!joined.trusted.empty() && joined.trusted.back().end == begin) {
      joined.trusted.back().end = joined.text.size();
    } else {
      joined.trusted.push_back({begin, joined.text.size()});
    }
  }
  return joined;
}

}  // namespace pincer::bpe
