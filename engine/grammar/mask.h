// Which tokens of a vocabulary may come next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pincer/engine/tokenizer.h"

namespace pincer::grammar {

class Mask {
 public:
  explicit Mask(std::int32_t tokens = 0)
      : tokens_(tokens), words_((static_cast<std::size_t>(tokens) + 63) / 64) {}

  std::int32_t tokens() const { return tokens_; }
  bool test(TokenId token) const { return (words_[word(token)] >> (token & 63) & 1) != 0; }
  void set(TokenId token) { words_[word(token)] |= std::uint64_t{1} << (token & 63); }
  void unite(const Mask& other);  // of as many tokens
  bool empty() const;
  std::int32_t count() const;
  std::vector<TokenId> to_list() const;  // ascending
  std::size_t memory() const { return words_.size() * sizeof(std::uint64_t); }

  // Puts minus infinity in place of the logits of all other tokens, those beyond the mask included.
  void apply(std::span<float> logits) const;

 private:
  static std::size_t word(TokenId token) { return static_cast<std::size_t>(token) / 64; }

  std::int32_t tokens_;
  std::vector<std::uint64_t> words_;
};

}  // namespace pincer::grammar
