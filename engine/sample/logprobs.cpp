#include <algorithm>
#include <cassert>
#include <cfloat>
#include <cmath>

#include "engine/sample/candidates.h"
#include "pincer/engine/sampler.h"

namespace pincer {

Logprobs logprobs(std::span<const float> logits, TokenId chosen, int count) {
  assert(chosen >= 0 && static_cast<std::size_t>(chosen) < logits.size());
  const float max =
      std::clamp(logits[static_cast<std::size_t>(most_likely(logits))], -FLT_MAX, FLT_MAX);
  double total = 0;  // at least 1, unless no logit is a number: then it is not used
  for (const float logit : logits) {
    if (logit >= -FLT_MAX) total += std::exp(std::min(logit, FLT_MAX) - max);
  }
  const double log_total = max + std::log(total);
  // Results stay finite: a token that cannot occur has -FLT_MAX, which every text format can carry.
  const auto logprob = [&](float logit) {
    if (!(logit >= -FLT_MAX)) return -FLT_MAX;
    const double value = static_cast<double>(std::min(logit, FLT_MAX)) - log_total;
    return static_cast<float>(std::clamp(value, double{-FLT_MAX}, 0.0));
  };

  Logprobs result;
  result.chosen = logprob(logits[static_cast<std::size_t>(chosen)]);
  if (count <= 0) return result;
  select_top_k(logits, count, result.top);
  std::sort(result.top.begin(), result.top.end(), better);
  for (TokenLogprob& entry : result.top) {
    entry.logprob = logprob(logits[static_cast<std::size_t>(entry.token)]);
  }
  return result;
}

}  // namespace pincer
