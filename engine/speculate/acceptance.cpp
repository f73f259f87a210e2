#include "engine/speculate/acceptance.h"

#include <cstddef>

namespace pincer {
namespace {

// What is expected of each source before anything was seen (in the order of DraftSource), and how
// many tokens that is worth.
constexpr double kPriorRates[] = {0.15, 0.3, 0.5, 0.75, 0.4, 0.7};
constexpr double kPriorTokens = 2;
// Of every token tried: the last twenty or so count.
constexpr double kDecay = 0.95;
// Of every chance that was let go.
constexpr double kFading = 0.99;

}  // namespace

double Acceptance::chance(DraftSource source) const {
  const auto i = static_cast<std::size_t>(source);
  const Rate& rate = rates_[i];
  return (rate.right + kPriorTokens * kPriorRates[i]) / (rate.tried + kPriorTokens);
}

void Acceptance::observe(DraftSource source, int proposed, int accepted) {
  Rate& rate = rates_[static_cast<std::size_t>(source)];
  // Nothing is known of the tokens behind the first wrong one.
  const int tried = accepted < proposed ? accepted + 1 : proposed;
  for (int i = 0; i < tried; ++i) {
    rate.right = kDecay * rate.right + (i < accepted ? 1 : 0);
    rate.tried = kDecay * rate.tried + 1;
  }
}

void Acceptance::forget_a_little(DraftSource source) {
  Rate& rate = rates_[static_cast<std::size_t>(source)];
  rate.right *= kFading;
  rate.tried *= kFading;
}

}  // namespace pincer
