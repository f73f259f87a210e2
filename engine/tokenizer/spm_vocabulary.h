// What a file says about a SentencePiece tokenizer, before it is checked.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/tokenizer/vocabulary.h"

namespace pincer::bpe {

struct SpmVocabulary : Vocabulary {
  std::span<const double> scores;       // tokenizer.ggml.scores, by id; the greatest merges first
  std::optional<std::int64_t> unknown;  // tokenizer.ggml.unknown_token_id
  bool add_space_prefix = true;         // tokenizer.ggml.add_space_prefix
};

}  // namespace pincer::bpe
