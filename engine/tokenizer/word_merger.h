// Byte-pair encoding of one word: merges the best-ranked pair of neighbours, the leftmost first
// among equals, until none is left. Sennrich et al. 2016, https://arxiv.org/abs/1508.07909
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/tokenizer/merge_table.h"

namespace pincer::bpe {

// Takes O(n log n) time for a word of n symbols. Holds working memory for reuse: one per thread.
// The table outlives it.
class WordMerger {
 public:
  explicit WordMerger(const MergeTable& merges) : merges_(merges) {}

  // Appends the tokens of the word to `out`. `symbols` are the tokens of its single bytes, fewer
  // than 2^31.
  void append(std::span<const TokenId> symbols, std::vector<TokenId>& out);

 private:
  // A doubly linked list in an array, so that a merge touches only its neighbours.
  struct Node {
    TokenId id;             // kGone once it was merged into its left neighbour
    std::int32_t previous;  // kNone at the ends
    std::int32_t next;
  };

  void merge_all();
  void queue_pair(std::int32_t left);
  // The rank in the high half and the left node in the low half, so that the smallest number is the
  // next merge; kNoCandidate when the pair does not merge.
  std::uint64_t candidate(std::int32_t left) const;

  const MergeTable& merges_;
  std::vector<Node> nodes_;
  std::vector<std::uint64_t>
      queue_;  // a min-heap of candidates; outdated ones are dropped when they come up
};

}  // namespace pincer::bpe
