#include "engine/speculate/draft_budget.h"

#include <algorithm>
#include <cstddef>

namespace pincer {
namespace {

// Below this gain the estimates are not worth trusting.
constexpr double kLeastGain = 1.03;

struct Candidate {
  std::size_t offer;
  int place;      // of the token in its offer, from 1 on
  double chance;  // that it is right: all before it are, too
};

}  // namespace

std::vector<int> choose_drafts(std::span<const DraftOffer> offers, const DraftPrice& price,
                               const StepCost& cost) {
  std::vector<int> taken(offers.size());
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    double chance = 1;
    for (int place = 1; place <= offers[i].tokens; ++place) {
      chance *= offers[i].chance;
      candidates.push_back({i, place, chance});
    }
  }
  // The best first; a token never comes before its predecessor, whose chance is no smaller.
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.chance > b.chance; });
  if (candidates.size() > static_cast<std::size_t>(std::max(0, price.most))) {
    candidates.resize(static_cast<std::size_t>(std::max(0, price.most)));
  }
  double tokens = static_cast<double>(offers.size());
  if (!cost.learnt() || candidates.empty()) return taken;
  // Tokens per millisecond for every number of candidates, the best ones first.
  StepLoad load = price.load;
  const double keys_a_row = load.rows > 0 ? load.keys / load.rows : 0;
  double best = kLeastGain * tokens / cost.ms(load);
  std::size_t best_count = 0;
  int passes = 0;
  for (std::size_t n = 0; n < candidates.size(); ++n) {
    ++load.rows;
    ++load.sampled;
    load.keys += keys_a_row;
    tokens += candidates[n].chance;
    passes = std::max(passes, candidates[n].place);
    const double rate = tokens / (cost.ms(load) + passes * price.pass_ms);
    if (rate <= best) continue;
    best = rate;
    best_count = n + 1;
  }
  for (std::size_t n = 0; n < best_count; ++n) ++taken[candidates[n].offer];
  return taken;
}

}  // namespace pincer
