#include "engine/tokenizer/piece_index.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "engine/tokenizer/token_roles.h"

namespace pincer::bpe {

PieceIndex::PieceIndex(const TokenTable& tokens)
    : slots_(std::bit_ceil(2 * static_cast<std::size_t>(tokens.size())), kNoToken) {
  for (TokenId id = 0; id < tokens.size(); ++id) {
    if (tokens.type(id) != TokenType::normal || tokens.bytes(id).empty()) continue;
    longest_ = std::max(longest_, tokens.bytes(id).size());
    TokenId& slot = slots_[slot_of(tokens.bytes(id), tokens)];
    if (slot == kNoToken) slot = id;
  }
}

std::size_t PieceIndex::slot_of(std::string_view text, const TokenTable& tokens) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(text) & mask;
  while (slots_[slot] != kNoToken && tokens.bytes(slots_[slot]) != text) slot = (slot + 1) & mask;
  return slot;
}

TokenId PieceIndex::find(std::string_view text, const TokenTable& tokens) const {
  return text.size() > longest_ ? kNoToken : slots_[slot_of(text, tokens)];
}

}  // namespace pincer::bpe
