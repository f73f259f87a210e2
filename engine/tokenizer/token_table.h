// The tokens of a vocabulary: the bytes that each stands for, and its type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

// The values of tokenizer.ggml.token_type.
enum class TokenType : std::uint8_t {
  normal = 1,
  unknown = 2,
  control = 3,
  user_defined = 4,
  unused = 5,
  byte = 6,
};

// Tokens that carry no text of a user or a model: they are never made from untrusted text.
inline bool is_control_type(TokenType type) {
  return type == TokenType::control || type == TokenType::unknown;
}

// The bytes that a token's text stands for: kinds of vocabularies write them in their own ways.
using Spelling = std::string (*)(const std::string& text, TokenType type);

// Immutable; ids are in [0, size()).
class TokenTable {
 public:
  // `types` is as long as `texts`, or empty when all tokens are normal. Errors: no tokens, too
  // many, bad types.
  static Result<TokenTable> make(std::span<const std::string> texts,
                                 std::span<const std::int64_t> types, Spelling spelling);

  TokenId size() const { return static_cast<TokenId>(types_.size()); }
  bool contains(std::int64_t id) const { return id >= 0 && id < size(); }
  std::string_view bytes(TokenId id) const;
  TokenType type(TokenId id) const { return types_[static_cast<std::size_t>(id)]; }

  bool is_control(TokenId id) const { return is_control_type(type(id)); }

 private:
  TokenTable() = default;

  std::string bytes_;                 // of all tokens, one after the other
  std::vector<std::size_t> offsets_;  // size() + 1 positions in bytes_
  std::vector<TokenType> types_;
};

}  // namespace pincer::bpe
