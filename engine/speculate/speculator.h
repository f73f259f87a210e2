// What decoding sequences verify in their next step: proposals by prompt lookup or by a draft
// model, as many as are worth their time.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/generate/sequence.h"
#include "engine/schedule/step_cost.h"
#include "engine/speculate/draft_budget.h"
#include "engine/speculate/draft_model.h"
#include "pincer/engine/engine.h"

namespace pincer {

class Speculator {
 public:
  // Proposals of one step at most: what the forward pass has rows for.
  static constexpr int kMostRows = 64;

  // `options` are resolved and outlive this. `draft`: none where options.draft is null.
  Speculator(const EngineOptions& options, std::optional<KvCache> draft, Arena& arena);

  // Sets `proposal` of each: sequences that are decoding.
  void propose(std::span<Sequence* const> decoding, const StepCost& cost);
  // A step has verified what `s` proposed when it had `known` tokens.
  void verified(Sequence& s, int known, int accepted);
  // `s` leaves the batch: to wait, or for good.
  void release(Sequence& s);

 private:
  int room(const Sequence& s) const;
  std::vector<int> choose(std::span<const DraftOffer> offers, DraftPrice price,
                          const StepCost& cost) const;
  void look_up(std::span<Sequence* const> decoding, const StepCost& cost);
  void ask_model(std::span<Sequence* const> decoding, const StepCost& cost);

  const EngineOptions& options_;
  std::optional<DraftModel> model_;
};

}  // namespace pincer
