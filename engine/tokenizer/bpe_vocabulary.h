// What a file says about a byte-level BPE tokenizer, before it is checked.
#pragma once

#include <span>
#include <string>

#include "engine/tokenizer/vocabulary.h"

namespace pincer::bpe {

struct BpeVocabulary : Vocabulary {
  std::span<const std::string> merges;  // tokenizer.ggml.merges: "left right", the best first
  std::string pre = "default";          // tokenizer.ggml.pre
};

}  // namespace pincer::bpe
