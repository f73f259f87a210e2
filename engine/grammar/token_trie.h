// The tokens of a vocabulary by their bytes, so that what begins alike is looked at once.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "pincer/engine/tokenizer.h"

namespace pincer::grammar {

// Nodes stand in depth-first order: a node's subtree is what follows it, up to `end`.
struct TrieNode {
  std::uint32_t end = 0;    // index of the first node behind the subtree
  TokenId token = -1;       // that ends here; -1: none
  std::uint16_t depth = 0;  // bytes before this one
  std::uint8_t byte = 0;
};

// Immutable. Control tokens and end tokens are not in it: text never means them.
class TokenTrie {
 public:
  explicit TokenTrie(const Tokenizer& tokenizer);

  std::span<const TrieNode> short_tokens() const { return short_; }  // up to kShortToken bytes
  std::span<const TrieNode> long_tokens() const { return long_; }
  // Of tokens with the same bytes the first is in the trie; it and each other one.
  std::span<const std::pair<TokenId, TokenId>> twins() const { return twins_; }
  std::span<const TokenId> end_tokens() const { return ends_; }
  std::int32_t vocab_size() const { return vocab_size_; }
  // Of a token that may occur in text; else empty.
  std::string_view bytes(TokenId token) const;

 private:
  using Entry = std::pair<std::string_view, TokenId>;
  std::vector<TrieNode> build(std::span<const Entry> entries);

  std::int32_t vocab_size_;
  std::vector<std::string> bytes_;  // [vocab_size]
  std::vector<TrieNode> short_, long_;
  std::vector<std::pair<TokenId, TokenId>> twins_;
  std::vector<TokenId> ends_;
};

}  // namespace pincer::grammar
