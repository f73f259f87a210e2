// Evidence that two arms differ, which may be looked at after every observation.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace pincer {

// Gamblers who bet, request by request, on which arm it was in, from what came out of it. Which arm
// is drawn by lot, before anything comes out: where the arms do not differ, the outcome says
// nothing of it, every bet is fair, and the mean wealth of the gamblers exceeds 1/a with a
// probability of at most a, whenever one looks (Ville's inequality). The wealth is an e-value; see
// Ramdas et al., "Game-theoretic statistics and safe anytime-valid inference", 2023. Nothing is
// assumed of how outcomes are distributed, and they may drift.
class Wager {
 public:
  explicit Wager(std::size_t gamblers) : log_wealth_(gamblers, 0) {}

  // Gambler i says that the request was in the canary with a probability of weight * (1 + (1 -
  // weight) * lean[i]). The leans follow from the outcome and from earlier requests alone, and lie
  // between -1/(1-weight) and 1/weight.
  void settle(bool canary, double weight, std::span<const double> lean);
  // The same of a fair game of another kind: each gambler's wealth is multiplied by factor[i],
  // whose expectation is at most 1.
  void multiply(std::span<const double> factor);

  // The logarithm of the mean wealth.
  double log_evidence() const;

 private:
  std::vector<double> log_wealth_;
};

}  // namespace pincer
