#include "engine/generate/choose_tokens.h"

#include <vector>

namespace pincer {
namespace {

// `original` is scratch: the sampler changes the logits, but logprobs are of the unchanged ones.
void choose(TokenChoice& choice, std::span<float> logits, std::vector<float>& original) {
  Sequence& s = *choice.sequence;
  const bool wanted = s.request.want_logprobs;
  if (wanted) original.assign(logits.begin(), logits.end());
  choice.token.id = s.sampler.sample(logits, s.tokens);
  if (wanted) {
    choice.token.logprobs = logprobs(original, choice.token.id, s.request.top_logprobs);
  }
}

}  // namespace

void choose_tokens(std::span<TokenChoice> choices, kernels::MatrixView<float> logits,
                   Arena& arena) {
  arena.split(
      static_cast<std::int64_t>(choices.size()), 1, [&](std::int64_t begin, std::int64_t end, int) {
        std::vector<float> original;
        for (std::int64_t i = begin; i < end; ++i) {
          TokenChoice& choice = choices[static_cast<std::size_t>(i)];
          choose(choice, {logits.row(choice.row), static_cast<std::size_t>(logits.cols)}, original);
        }
      });
}

}  // namespace pincer
