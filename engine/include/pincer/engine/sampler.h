// The sampler chain: penalties, top-k, typical, top-p, min-p, temperature, draw. temperature = 0 is
// greedy.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

struct SamplingParams {
  float temperature = 0.8f;         // 0: the most likely token (lowest id among equals)
  int top_k = 40;                   // 0: off
  float top_p = 0.95f;              // 1: off. Nucleus, arXiv 1904.09751
  float min_p = 0.05f;              // 0: off. arXiv 2407.01082
  float typical_p = 1.0f;           // 1: off. arXiv 2202.00666
  float repetition_penalty = 1.0f;  // 1: off. arXiv 1909.05858
  float presence_penalty = 0.0f;    // OpenAI's: subtracted once for a token that occurred
  float frequency_penalty = 0.0f;   // OpenAI's: subtracted for each occurrence
  int penalty_window = 64;          // last tokens that count; -1: all
  std::uint64_t seed = 0;           // the same seed gives the same draws, whatever else runs
  std::vector<std::pair<TokenId, float>> logit_bias;
};

// Names the first parameter that is out of range (NaN included). Ranges: temperature 0 to 100;
// top_p, min_p and typical_p 0 to 1; presence and frequency penalty -2 to 2; repetition penalty
// above 0, to 100; biases -100 to 100 for ids from 0 on. Ids beyond the vocabulary have no effect.
Result<void> validate(const SamplingParams& params);

struct TokenLogprob {
  TokenId token = 0;
  float logprob = 0;
};

// State of one generation: its random numbers. Not thread-safe.
class Sampler {
 public:
  explicit Sampler(SamplingParams params);
  const SamplingParams& params() const { return params_; }
  // Picks from `logits` ([vocab >= 1], finite; modified). `history` is prompt and output so far.
  // NaN and -infinity are never picked while there is anything else.
  TokenId sample(std::span<float> logits, std::span<const TokenId> history);

 private:
  SamplingParams params_;
  std::mt19937_64 random_;
  std::vector<TokenLogprob> candidates_;  // scratch
  std::vector<std::int32_t> counts_;      // scratch: occurrences by token, zero between calls
};

// log softmax of the unmodified logits: the `count` most likely tokens, best first, and `chosen`'s
// own. Always finite.
struct Logprobs {
  float chosen = 0;
  std::vector<TokenLogprob> top;
};
Logprobs logprobs(std::span<const float> logits, TokenId chosen, int count);

}  // namespace pincer
