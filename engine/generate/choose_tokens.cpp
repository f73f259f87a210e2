#include "engine/generate/choose_tokens.h"

#include <string>
#include <utility>
#include <vector>

namespace pincer {
namespace {

// Leaves the tokens that the sequence's grammar allows; why not, where there are none.
std::string constrain(Matcher& matcher, std::span<float> logits) {
  const auto mask = matcher.mask();
  if (!mask) {
    return "the grammar can be read in too many ways at once here to be followed; make it less "
           "ambiguous";
  }
  if (mask->empty()) {
    return "the model has no token for what the grammar asks for next; allow other characters";
  }
  mask->apply(logits);
  return {};
}

// `original` is scratch: the sampler changes the logits, but logprobs are of the unchanged ones.
GeneratedToken choose(Sequence& s, std::span<const TokenId> history, std::span<float> logits,
                      std::vector<float>& original, std::string& error) {
  GeneratedToken token;
  const bool wanted = s.request.want_logprobs;
  if (wanted) original.assign(logits.begin(), logits.end());
  if (s.matcher) error = constrain(*s.matcher, logits);
  if (!error.empty()) return token;
  token.id = s.sampler.sample(logits, history);
  if (s.matcher) s.matcher->accept(token.id);
  if (wanted) token.logprobs = logprobs(original, token.id, s.request.top_logprobs);
  return token;
}

void verify(TokenChoice& choice, kernels::MatrixView<float> logits, std::vector<float>& original) {
  const std::span<const TokenId> tokens = choice.sequence->tokens;
  for (int i = 0; i <= choice.drafts; ++i) {
    const auto known = static_cast<std::size_t>(choice.known) + static_cast<std::size_t>(i);
    GeneratedToken token =
        choose(*choice.sequence, tokens.first(known),
               {logits.row(choice.row + i), static_cast<std::size_t>(logits.cols)}, original,
               choice.error);
    if (!choice.error.empty()) return;
    const bool right = i < choice.drafts && token.id == tokens[known];
    choice.tokens.push_back(std::move(token));
    if (right) ++choice.accepted;
    choice.complete = choice.sequence->matcher && choice.sequence->matcher->complete();
    if (!right || choice.complete) return;
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
