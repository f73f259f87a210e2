// What an embedding is asked of.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "pincer/engine/tokenizer.h"

namespace pincer {

struct EmbeddingInput {
  std::variant<std::string, std::vector<TokenId>> content;  // text has no special tokens
  bool truncate = false;  // to the context, from its end; else longer ones are refused
  // As in GenerationRequest: who asks, how urgently, and for how long.
  std::string client = {};
  int priority = 0;
  double max_wait_s = 0;
  std::chrono::steady_clock::time_point start_by = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point finish_by = std::chrono::steady_clock::time_point::max();
};

}  // namespace pincer
