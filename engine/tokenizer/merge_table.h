// The merges of a BPE vocabulary: which pairs of adjacent tokens become one, and which pair goes
// first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

struct Merge {
  std::uint32_t rank = 0;  // 0 is merged first
  TokenId result = 0;
};

// A hash table from pairs of token ids (>= 0) to merges. Its size is fixed when it is made;
// look-ups may run in parallel.
class MergeTable {
 public:
  explicit MergeTable(std::size_t max_merges);

  // At most max_merges times. The first merge of a pair stays; a second one of the same pair is
  // ignored.
  void insert(TokenId left, TokenId right, Merge merge);

  const Merge* find(TokenId left, TokenId right) const;  // null when the pair does not merge

 private:
  struct Slot {
    std::uint64_t pair;
    Merge merge;
  };

  // The slot that holds the pair, or the empty one where it belongs. At least half of the slots are
  // empty.
  std::size_t slot_of(std::uint64_t pair) const;

  std::vector<Slot> slots_;  // linear probing; the size is a power of two
  std::uint32_t shift_;      // 64 - log2(size)
};

}  // namespace pincer::bpe
