// From a step's logits to the tokens that its sequences get.
#pragma once

#include <span>

#include "engine/generate/sequence.h"
#include "engine/parallel/arena.h"
#include "pincer/kernels/matrix.h"

namespace pincer {

// A sequence whose last known token was in the step.
struct TokenChoice {
  Sequence* sequence = nullptr;
  int row = 0;  // its logits
  GeneratedToken token;
};

// Samples every choice from its row of `logits` ([rows][vocab], modified), the sequences in
// parallel.
void choose_tokens(std::span<TokenChoice> choices, kernels::MatrixView<float> logits, Arena& arena);

}  // namespace pincer
