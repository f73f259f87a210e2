// Where in a sequence its last few tokens stood before: the index of prompt lookup.
//
// For n = 4, 3 and 2, a hash table from every n tokens that something follows to the place of
// their last occurrence. It holds positions only and compares the tokens themselves, so what it
// finds is never a collision.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "pincer/engine/tokenizer.h"

namespace pincer {

class NgramIndex {
 public:
  static constexpr int kShortest = 2, kLongest = 4;

  struct Match {
    int length = 0;    // of the n-gram; 0: nothing found
    int position = 0;  // of the token that followed it
  };

  // Takes in the tokens that came since the last call: `tokens` begins with the same ones as then.
  void extend(std::span<const TokenId> tokens);

  // The last earlier occurrence of the last tokens, the longest n first. `tokens` is what extend()
  // got last.
  Match find(std::span<const TokenId> tokens) const;

 private:
  // Open addressing; a slot holds the position after an n-gram, 0 when it is free.
  struct Table {
    std::vector<std::int32_t> slots;
    std::size_t used = 0;
  };
  static std::size_t slot_of(const Table& table, std::span<const TokenId> tokens, int n, int end);
  static void insert(Table& table, std::span<const TokenId> tokens, int n, int end);
  static void grow(Table& table, std::span<const TokenId> tokens, int n);

  std::array<Table, kLongest - kShortest + 1> tables_;
  int indexed_ = 0;  // n-grams that end before this position are in the tables
};

}  // namespace pincer
