// The steps of the sampler chain. A candidate's `logprob` is its logit: nothing is normalised until
// the draw. Candidates are finite or +-FLT_MAX, never NaN.
#pragma once

#include <span>
#include <vector>

#include "pincer/engine/sampler.h"

namespace pincer {

using Candidates = std::vector<TokenLogprob>;

// Higher logit first; the lower id among equals.
inline bool better(const TokenLogprob& a, const TokenLogprob& b) {
  return a.logprob != b.logprob ? a.logprob > b.logprob : a.token < b.token;
}

// The token with the highest logit, the lowest id among equals; NaN counts as -infinity. `logits`
// is not empty.
TokenId most_likely(std::span<const float> logits);

// The k best of `logits`, best first; all of them, in the order of their ids, when k is 0 or not
// below their number. Tokens at -infinity are left out; token 0 stands in when nothing is left.
void select_top_k(std::span<const float> logits, int k, Candidates& out);

// Locally typical sampling, arXiv 2202.00666: keeps the tokens whose surprise is nearest to the
// entropy, until their mass reaches p. At least one stays.
void keep_typical(Candidates& candidates, float p);

// Nucleus (arXiv 1904.09751): the fewest best tokens whose mass reaches top_p; then min-p (arXiv
// 2407.01082): of these the tokens with at least min_p times the best one's probability. At least
// one stays.
void keep_nucleus(Candidates& candidates, float top_p, float min_p);

// Draws with probabilities softmax(logit / temperature); `uniform` is in [0, 1). Overwrites the
// logits.
TokenId draw(Candidates& candidates, float temperature, double uniform);

}  // namespace pincer
