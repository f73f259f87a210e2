#include "server/route/prompt_score.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace pincer {
namespace {

struct Weight {
  float mean, scale, weight;  // weight * clamp((feature - mean) * scale)
};

#include "server/route/score_weights.inc"

static_assert(kWeights.size() == kPromptFeatures.size(), "train again: bench/router");

constexpr float kFarthest = 3;  // standard deviations: one odd feature does not decide

double weighed(const PromptFeatures& features) {
  float sum = 0;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto& [mean, scale, weight] = kWeights[i];
    sum += weight * std::clamp((features[i] - mean) * scale, -kFarthest, kFarthest);
  }
  return static_cast<double>(sum);
}

// Where `value` stands among the quantiles of training. Below and above them it goes on towards 0
// and 1 without reaching them, so that the order of any two prompts is kept.
double rank(double value) {
  constexpr double kParts = static_cast<double>(kQuantiles.size()) + 1;  // quantile i: (i+1)/parts
  const double low = static_cast<double>(kQuantiles.front());
  const double high = static_cast<double>(kQuantiles.back());
  if (value <= low) return std::exp(value - low) / kParts;
  if (value >= high) return 1 - std::exp(high - value) / kParts;
  const auto* above = std::ranges::upper_bound(kQuantiles, value, {},
                                               [](float q) { return static_cast<double>(q); });
  const double from = static_cast<double>(*(above - 1));
  const double to = static_cast<double>(*above);
  const auto below = static_cast<double>(above - kQuantiles.begin());
  return (below + (value - from) / (to - from)) / kParts;
}

}  // namespace

double prompt_score(const PromptFeatures& features) { return rank(weighed(features)); }

double cloud_share_for_quality(double quality) {
  const double at = std::clamp(quality, 0.0, 1.0) * static_cast<double>(kShares.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(at), kShares.size() - 2);
  return std::lerp(static_cast<double>(kShares[below]), static_cast<double>(kShares[below + 1]),
                   at - static_cast<double>(below));
}

double prompt_score(std::string_view prompt) { return prompt_score(prompt_features(prompt)); }

}  // namespace pincer
