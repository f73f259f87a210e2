// From a step's logits to the tokens that its sequences get.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/generate/sequence.h"
#include "engine/parallel/arena.h"
#include "pincer/kernels/matrix.h"

namespace pincer {

// A sequence whose last known token was in the step, and behind it `drafts` tokens to verify: one
// row of logits for each.
struct TokenChoice {
  Sequence* sequence = nullptr;
  int row = 0;  // of the logits: the last known token's
  int drafts = 0;
  int known = 0;                       // tokens of the sequence without the drafts
  std::vector<GeneratedToken> tokens;  // result: at least one, unless there is an error
  int accepted = 0;                    // result: drafts that were right
  bool complete = false;               // result: nothing can follow the last token
  std::string error = {};              // result: why the sequence cannot go on behind the tokens
};

// Samples every choice from its rows of `logits` ([rows][vocab], modified), the sequences in
// parallel. Each row is sampled as if it were the only one, with the sequence's next random number
// and what comes before it as history, as long as the drafts agree with what was sampled. So what
// comes out is what would have come without drafts, whatever these are. A sequence with a grammar
// is sampled from the tokens that may come, and is there in it behind what came out.
void choose_tokens(std::span<TokenChoice> choices, kernels::MatrixView<float> logits, Arena& arena);

}  // namespace pincer
