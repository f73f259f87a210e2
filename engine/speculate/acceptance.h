// How often proposals of one sequence were right, by where they came from.
#pragma once

#include <array>

#include "engine/speculate/prompt_lookup.h"

namespace pincer {

class Acceptance {
 public:
  // The estimated probability that a token from this source is right, those before it being so.
  double chance(DraftSource source) const;
  // Of `proposed` tokens the first `accepted` were right.
  void observe(DraftSource source, int proposed, int accepted);
  // There was something to propose, but it did not pay: what is remembered against it fades, so
  // that it is tried again some day.
  void forget_a_little(DraftSource source);

 private:
  struct Rate {
    double right = 0, tried = 0;  // decaying counts of tokens
  };
  std::array<Rate, kDraftSources> rates_{};
};

}  // namespace pincer
