#include "pincer/engine/sampler.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/sample/candidates.h"

namespace pincer {
namespace {

bool in_vocabulary(TokenId token, std::size_t vocabulary) {
  return token >= 0 && static_cast<std::size_t>(token) < vocabulary;
}

// The tokens of `history` that count for the penalties.
std::span<const TokenId> penalty_window(const SamplingParams& params,
                                        std::span<const TokenId> history) {
  if (params.penalty_window < 0) return history;
  return history.last(std::min(history.size(), static_cast<std::size_t>(params.penalty_window)));
}

bool has_penalties(const SamplingParams& params) {
  return params.repetition_penalty != 1 || params.presence_penalty != 0 ||
         params.frequency_penalty != 0;
}

// Dividing a positive logit and multiplying a negative one lowers both, arXiv 1909.05858 as Hugging
// Face reads it.
float penalised(const SamplingParams& params, float logit, int occurrences) {
  logit = logit > 0 ? logit / params.repetition_penalty : logit * params.repetition_penalty;
  return logit - params.presence_penalty -
         params.frequency_penalty * static_cast<float>(occurrences);
}

// `counts` is all zero before and after, [vocab] long at least.
void apply_penalties(const SamplingParams& params, std::span<const TokenId> window,
                     std::span<float> logits, std::vector<std::int32_t>& counts) {
  if (counts.size() < logits.size()) counts.resize(logits.size());
  for (const TokenId token : window) {
    if (in_vocabulary(token, logits.size())) ++counts[static_cast<std::size_t>(token)];
  }
  for (const TokenId token : window) {
    if (!in_vocabulary(token, logits.size())) continue;
    const auto i = static_cast<std::size_t>(token);
    if (counts[i] == 0) continue;  // a later occurrence of a token that is done
    logits[i] = penalised(params, logits[i], std::exchange(counts[i], 0));
  }
}

}  // namespace

Sampler::Sampler(SamplingParams params) : params_(std::move(params)), random_(params_.seed) {}

TokenId Sampler::sample(std::span<float> logits, std::span<const TokenId> history) {
  assert(!logits.empty());
  for (const auto& [token, bias] : params_.logit_bias) {
    if (in_vocabulary(token, logits.size())) logits[static_cast<std::size_t>(token)] += bias;
  }
  if (has_penalties(params_)) {
    apply_penalties(params_, penalty_window(params_, history), logits, counts_);
  }
  if (params_.temperature <= 0) return most_likely(logits);

  select_top_k(logits, params_.top_k, candidates_);
  if (params_.typical_p < 1) keep_typical(candidates_, params_.typical_p);
  keep_nucleus(candidates_, params_.top_p, params_.min_p);
  // The top 53 bits; std::uniform_real_distribution differs between standard libraries. One number
  // for every token, also where there is no choice, so that a token's number depends on its place
  // only.
  const double uniform = static_cast<double>(random_() >> 11) * 0x1p-53;
  return draw(candidates_, params_.temperature, uniform);
}

}  // namespace pincer
