#include "engine/generate/choose_tokens.h"

#include <utility>
#include <vector>

namespace pincer {
namespace {

// `original` is scratch: the sampler changes the logits, but logprobs are of the unchanged ones.
GeneratedToken choose(Sequence& s, std::span<const TokenId> history, std::span<float> logits,
                      std::vector<float>& original) {
  GeneratedToken token;
  const bool wanted = s.request.want_logprobs;
  if (wanted) original.assign(logits.begin(), logits.end());
  token.id = s.sampler.sample(logits, history);
  if (wanted) token.logprobs = logprobs(original, token.id, s.request.top_logprobs);
  return token;
}

void verify(TokenChoice& choice, kernels::MatrixView<float> logits, std::vector<float>& original) {
  const std::span<const TokenId> tokens = choice.sequence->tokens;
  for (int i = 0; i <= choice.drafts; ++i) {
    const auto known = static_cast<std::size_t>(choice.known) + static_cast<std::size_t>(i);
    GeneratedToken token =
        choose(*choice.sequence, tokens.first(known),
               {logits.row(choice.row + i), static_cast<std::size_t>(logits.cols)}, original);
    const bool right = i < choice.drafts && token.id == tokens[known];
    choice.tokens.push_back(std::move(token));
    if (!right) return;
    ++choice.accepted;
  }
}

}  // namespace

void choose_tokens(std::span<TokenChoice> choices, kernels::MatrixView<float> logits,
                   Arena& arena) {
  arena.split(static_cast<std::int64_t>(choices.size()), 1,
              [&](std::int64_t begin, std::int64_t end, int) {
                std::vector<float> original;
                for (std::int64_t i = begin; i < end; ++i) {
                  verify(choices[static_cast<std::size_t>(i)], logits, original);
                }
              });
}

}  // namespace pincer
