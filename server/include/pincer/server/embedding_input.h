// What an embedding is asked of.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "pincer/engine/tokenizer.h"

namespace pincer {

struct EmbeddingInput {
  std::variant<std::string, std::vector<TokenId>> content;  // text has no special tokens
  bool truncate = false;  // to the context, from its end; else longer ones are refused
  // As in GenerationRequest: who asks, and how urgently.
  std::string client = {};
  int priority = 0;
};

}  // namespace pincer
