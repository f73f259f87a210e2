// How many of the tokens that are proposed go into the next step. Pure.
#pragma once

#include <span>
#include <vector>

#include "engine/schedule/step_cost.h"

namespace pincer {

// What one decoding sequence proposes.
struct DraftOffer {
  int tokens = 0;     // proposed
  double chance = 0;  // that one is right, those before it being so
};

struct DraftPrice {
  StepLoad load;       // of the step without proposals
  int most = 0;        // rows that there is room for
  double pass_ms = 0;  // a pass of the draft model, which makes one token of every sequence
};

// How many tokens of each offer to verify: those that bring the most tokens for the time. A step
// brings a token for every decoding sequence, and one more with the probability that a proposal is
// right; it takes longer by the rows that verify. The more sequences share the fixed cost of a
// step, the less a saved step is worth: large batches propose nothing.
std::vector<int> choose_drafts(std::span<const DraftOffer> offers, const DraftPrice& price,
                               const StepCost& cost);

}  // namespace pincer
