// Perplexity of a model over a text, teacher-forced, and how often two models agree on the most
// likely token.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pincer/engine/model.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

struct PerplexityOptions {
  int window = 512;  // tokens that see each other; every token of a window predicts the next one,
                     // the last the next window's first
  int threads = 0;   // 0: default_threads()
  KvChoice kv;
  // Stands before the tokens of each window, where the model's prompts begin with it (it takes one
  // of the window's places, and what it predicts does not count); -1: nothing does.
  TokenId bos = -1;
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // tokens; may be empty
};

struct PerplexityResult {
  std::int64_t tokens = 0;   // predicted
  double mean_nll = 0;       // natural logarithm
  double perplexity = 0;     // exp(mean_nll)
  std::vector<TokenId> top;  // the most likely token at each position, [tokens]
};

// Errors: fewer than two tokens, ids out of range, memory.
Result<PerplexityResult> perplexity(const Model& model, std::span<const TokenId> tokens,
                                    const PerplexityOptions& options);

// Share of positions with the same most likely token; of the shorter length.
double top_agreement(const PerplexityResult& a, const PerplexityResult& b);

}  // namespace pincer
