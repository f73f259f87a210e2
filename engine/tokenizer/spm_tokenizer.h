// The SentencePiece tokenizer of the byte-pair kind: `tokenizer.ggml.model` = "llama".
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer/spm_tables.h"
#include "engine/tokenizer/spm_vocabulary.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

// A space and "▁" (U+2581) are the same to this kind of tokenizer: both come back as a space. Where
// the file asks for it, a text begins with a space of its own, also after a control token, and that
// comes back, too. All other bytes survive if the vocabulary has tokens for single bytes; else
// characters in no token become the unknown token.
//
// User-defined tokens are found in untrusted text as well: here they are no commands but pieces
// that merges could not make (runs of line ends, of spaces, tags of HTML).
class SpmTokenizer final : public Tokenizer {
 public:
  // Errors: corrupt, unsupported; the message names the key and the value.
  static Result<std::shared_ptr<const Tokenizer>> make(const SpmVocabulary& vocabulary);

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
  explicit SpmTokenizer(SpmTables tables) : tables_(std::move(tables)) {}

  SpmTables tables_;
};

}  // namespace pincer::bpe
