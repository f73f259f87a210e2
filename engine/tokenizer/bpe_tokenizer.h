// The byte-level BPE tokenizer: `tokenizer.ggml.model` = "gpt2".
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer/bpe_tables.h"
#include "engine/tokenizer/bpe_vocabulary.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

// Bytes for which the vocabulary has no token are left out of the encoding: the unknown token is a
// control token, which text must not be able to produce. SmolLM2 lacks 21 bytes: six control
// characters, 0xF1, 0xF2, and 13 bytes that UTF-8 never uses.
class BpeTokenizer final : public Tokenizer {
 public:
  // Errors: corrupt, unsupported; the message names the key and the value.
  static Result<std::shared_ptr<const Tokenizer>> make(const BpeVocabulary& vocabulary);

  using Tokenizer::encode;
  std::vector<TokenId> encode(std::span<const TextPiece> pieces) const override;
  std::string_view token_bytes(TokenId id) const override { return tables_.tokens.bytes(id); }
  bool is_control(TokenId id) const override;
  std::int32_t vocab_size() const override { return tables_.tokens.size(); }
  TokenId bos() const override { return tables_.roles.bos; }
  TokenId eos() const override { return tables_.roles.eos; }
  bool add_bos() const override { return tables_.roles.add_bos; }
  bool add_eos() const override { return tables_.roles.add_eos; }
  bool is_end(TokenId id) const override { return tables_.roles.is_end(id); }

 private:
  explicit BpeTokenizer(BpeTables tables) : tables_(std::move(tables)) {}

  BpeTables tables_;
};

}  // namespace pincer::bpe
