// Which token a text is: the other direction of a TokenTable.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/tokenizer/token_table.h"

namespace pincer::bpe {

// The normal tokens by their bytes; of equal ones the first. Holds ids alone: the table that it was
// made of is given again with each look-up. Look-ups may run in parallel.
class PieceIndex {
 public:
  explicit PieceIndex(const TokenTable& tokens);

  // kNoToken when there is none. Texts longer than the longest token cost nothing.
  TokenId find(std::string_view text, const TokenTable& tokens) const;

 private:
  // The slot that holds the text, or the empty one where it belongs. At least half of the slots are
  // empty.
  std::size_t slot_of(std::string_view text, const TokenTable& tokens) const;

  std::vector<TokenId> slots_;  // linear probing; the size is a power of two
  std::size_t longest_ = 0;     // bytes
};

}  // namespace pincer::bpe
