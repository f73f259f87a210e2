#include "engine/model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pincer {
namespace {

// The pair index at which a frequency makes `turns` full turns within the original context (YaRN,
// eq. 20).
double pair_of_turns(const RopeConfig& c, double turns) {
  return c.dim * std::log(c.original_context / (turns * 2.0 * std::numbers::pi)) /
         (2.0 * std::log(static_cast<double>(c.base)));
}

// YaRN: fast frequencies stay, slow ones are interpolated, a ramp between.
double yarn_frequency(const RopeConfig& c, double frequency, int pair) {
  const double low = std::max(0.0, std::floor(pair_of_turns(c, c.beta_fast)));
  const double high = std::min(c.dim - 1.0, std::ceil(pair_of_turns(c, c.beta_slow)));
  const double ramp = std::clamp((pair - low) / std::max(0.001, high - low), 0.0, 1.0);
  return frequency * (1.0 - ramp) + frequency / c.factor * ramp;
}

}  // namespace

Rope::Rope(const RopeConfig& config) {
  const int half = config.dim / 2;
  frequency_.resize(static_cast<std::size_t>(half));
  for (int i = 0; i < half; ++i) {
    double f = std::pow(static_cast<double>(config.base), -2.0 * i / config.dim);
    if (!config.divisors.empty()) f /= config.divisors[static_cast<std::size_t>(i)];
    if (config.scaling == RopeScaling::linear) f /= config.factor;
    if (config.scaling == RopeScaling::yarn) f = yarn_frequency(config, f, i);
    frequency_[static_cast<std::size_t>(i)] = f;
  }
  if (config.scaling == RopeScaling::yarn) {
    magnitude_ = config.attention_factor * (1.0 + 0.1 * std::log(config.factor));
  }
}

void Rope::angles(std::int64_t position, float* cosine, float* sine) const {
  for (std::size_t i = 0; i < frequency_.size(); ++i) {
    const double angle = static_cast<double>(position) * frequency_[i];
    cosine[i] = static_cast<float>(std::cos(angle) * magnitude_);
    sine[i] = static_cast<float>(std::sin(angle) * magnitude_);
  }
}

}  // namespace pincer
