// A tokenizer whose tokens are given, for tests of what is built on one.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pincer/engine/tokenizer.h"

namespace pincer::test {

// Token i has the bytes tokens[i]. Ids in `controls` are control tokens; the last token is the end.
// Encodes byte by byte: a byte's id is the token that has just this byte, none if there is none.
class FakeTokenizer : public Tokenizer {
 public:
  explicit FakeTokenizer(std::vector<std::string> tokens, std::set<TokenId> controls = {})
      : tokens_(std::move(tokens)), controls_(std::move(controls)) {}

  using Tokenizer::encode;
  std::vector<TokenId> encode(std::span<const TextPiece> pieces) const override {
    std::vector<TokenId> out;
    for (const TextPiece& piece : pieces) {
      for (const char byte : piece.text) {
        for (std::size_t id = 0; id < tokens_.size(); ++id) {
          if (tokens_[id] == std::string(1, byte)) out.push_back(static_cast<TokenId>(id));
        }
      }
    }
    return out;
  }
  std::string_view token_bytes(TokenId id) const override {
    return tokens_.at(static_cast<std::size_t>(id));
  }
  bool is_control(TokenId id) const override { return controls_.count(id) > 0; }
  std::int32_t vocab_size() const override { return static_cast<std::int32_t>(tokens_.size()); }
  TokenId bos() const override { return -1; }
  TokenId eos() const override { return vocab_size() - 1; }
  bool add_bos() const override { return false; }
  bool is_end(TokenId id) const override { return id == eos(); }

 private:
  std::vector<std::string> tokens_;
  std::set<TokenId> controls_;
};

}  // namespace pincer::test
