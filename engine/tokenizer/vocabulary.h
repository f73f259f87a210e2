// What a file says about any tokenizer, before it is checked. Messages name the GGUF keys.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace pincer::bpe {

// Borrows the lists; they need to live only until the tokenizer is made.
struct Vocabulary {
  std::span<const std::string> tokens;        // tokenizer.ggml.tokens, by id
  std::span<const std::int64_t> token_types;  // tokenizer.ggml.token_type; empty: all are normal
  std::optional<std::int64_t> bos;            // tokenizer.ggml.bos_token_id
  std::optional<std::int64_t> eos;            // tokenizer.ggml.eos_token_id
  std::optional<std::int64_t> eot;            // tokenizer.ggml.eot_token_id
  std::optional<std::int64_t> eom;            // tokenizer.ggml.eom_token_id
  std::optional<bool>
      add_bos;  // tokenizer.ggml.add_bos_token; the kinds have defaults of their own
  std::optional<bool> add_eos;  // tokenizer.ggml.add_eos_token; false where it is absent
};

}  // namespace pincer::bpe
