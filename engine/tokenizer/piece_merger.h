// SentencePiece's byte-pair encoding: beginning with single characters, merges the two neighbours
// whose joined text is the token of the greatest score, the leftmost among equals, until none is
// left. https://github.com/google/sentencepiece/blob/master/src/bpe_model.cc
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/tokenizer/spm_tables.h"

namespace pincer::bpe {

// Takes O(n log n) time for a text of n characters, times the length of the longest token. Holds
// working memory for reuse: one per thread. The tables outlive it.
class PieceMerger {
 public:
  explicit PieceMerger(const SpmTables& tables) : tables_(tables) {}

  // Appends the tokens of the text, shorter than 2^31 bytes, to `out`. A character that is in no
  // token becomes the tokens of its bytes; where there are none, a run of such characters becomes
  // one unknown token.
  void append(std::string_view text, std::vector<TokenId>& out);

 private:
  // A stretch of the text, in a doubly linked list in an array.
  struct Node {
    std::int32_t begin;     // bytes
    std::int32_t size;      // 0 once it was merged into its left neighbour
    std::int32_t previous;  // kNone at the ends
    std::int32_t next;
  };
  struct Candidate {
    float score;
    std::int32_t left;
    std::int32_t size;  // of both, when it was queued: it is outdated once that has changed
    bool operator<(const Candidate& other) const;  // is merged later
  };

  void queue_pair(std::string_view text, std::int32_t left);
  void merge_all(std::string_view text);
  void emit(std::string_view piece, std::vector<TokenId>& out) const;

  const SpmTables& tables_;
  std::vector<Node> nodes_;
  std::vector<Candidate> queue_;  // a max-heap; outdated ones are dropped when they come up
};

}  // namespace pincer::bpe
