// Text to token ids and back.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/gguf.h"
#include "pincer/engine/result.h"

namespace pincer {

using TokenId = std::int32_t;

// A stretch of text and whether it may contain special tokens. Text from a chat template is
// trusted; what a user wrote is not: "<|im_end|>" in it is encoded as the ten characters it is.
struct TextPiece {
  std::string text;
  bool trusted = false;
};

// Immutable and safe to share between threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // The tokenizer that `tokenizer.ggml.*` describes; unsupported kinds are an error that lists the
  // supported ones.
  static Result<std::shared_ptr<const Tokenizer>> from_gguf(const gguf::File& file);

  // The pieces are one text: words may span pieces. A special token is recognised only where it
  // lies in trusted pieces. No begin or end token is added. Bytes that are not UTF-8 are encoded as
  // bytes.
  virtual std::vector<TokenId> encode(std::span<const TextPiece> pieces) const = 0;
  std::vector<TokenId> encode(std::string_view user_text) const;  // one untrusted piece

  // The bytes of a token (not necessarily whole UTF-8 characters). Control tokens give their text
  // only when asked.
  virtual std::string_view token_bytes(TokenId id) const = 0;  // id in [0, vocab_size)
  virtual bool is_control(TokenId id) const = 0;
  std::string decode(std::span<const TokenId> ids, bool with_control = false) const;

  virtual std::int32_t vocab_size() const = 0;
  virtual TokenId bos() const = 0;                // -1 when there is none
  virtual TokenId eos() const = 0;                // -1 when there is none
  virtual bool add_bos() const = 0;               // prompts start with bos()
  virtual bool add_eos() const { return false; }  // texts to embed end with eos()
  virtual bool is_end(TokenId id) const = 0;      // ends a turn: eos, <|im_end|>, <|eot_id|>, ...
};

}  // namespace pincer
