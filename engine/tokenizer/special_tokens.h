// Finds control and user-defined tokens in a text.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/token_table.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

struct SpecialToken {
  std::string text;
  TokenId id = 0;
};

// Immutable. Works like a trie, but on a sorted list: following one byte of the text narrows a
// range of the list.
class SpecialTokens {
 public:
  // Tokens with an empty text are left out, and all but the first of those with the same text.
  explicit SpecialTokens(std::vector<SpecialToken> tokens);

  // The tokens of these types. Errors: unsupported, when one is longer than any real one, since the
  // search takes time in proportion to the longest.
  static Result<SpecialTokens> of(const TokenTable& tokens, std::initializer_list<TokenType> types);

  struct Match {
    std::size_t begin = 0;  // bytes in the text
    std::size_t end = 0;
    TokenId id = 0;
  };

  // The first match in text[from, end), and there the longest. Costs at worst (end - from) *
  // longest token * log(tokens).
  std::optional<Match> find(std::string_view text, std::size_t from) const;

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  const SpecialToken* longest_at(std::string_view text, std::size_t pos) const;

  std::vector<SpecialToken> tokens_;  // by text
  std::array<Range, 256>
      first_byte_ranges_;  // in tokens_; empty for bytes with which no token begins
};

}  // namespace pincer::bpe
