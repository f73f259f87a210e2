#include "server/route/load_controller.h"

#include <algorithm>
#include <cmath>

namespace pincer {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kPeriod{0.1};   // between two steps of the base
constexpr Seconds kSmoothing{1};  // time constant of what the base sees: one odd prompt is no trend
constexpr double kCut = 0.02;     // of what is kept, for each period and target above the target
constexpr double kMostCut = 0.2;
constexpr double kAdd = 0.005;  // of all, for each period below the target
constexpr double kAll = 1e-3;   // less than this is kept: all goes
// The ramp ends at the target, where nothing more is kept, and begins this many hystereses below.
constexpr double kRamp = 3;

}  // namespace

void LoadController::observe(double predicted_first_token_s, Clock::time_point now) {
  if (!options_.enabled) return;
  latest_ = predicted_first_token_s / Seconds(options_.target_first_token).count();
  if (!begun_) {
    begun_ = true;
    last_step_ = last_seen_ = now;
    smoothed_ = latest_;
  }
  const double weight = 1 - std::exp(-(Seconds(now - last_seen_) / kSmoothing));
  last_seen_ = now;
  smoothed_ += weight * (latest_ - smoothed_);
  if (now - last_step_ < kPeriod) return;
  const double periods = std::min(10.0, std::floor(Seconds(now - last_step_) / kPeriod));
  last_step_ = now;
  const double above = smoothed_ - 1;
  if (above > 0) {
    const double kept = (1 - base_) * std::pow(1 - std::min(kMostCut, kCut * (1 + above)), periods);
    base_ = kept < kAll ? 1 : 1 - kept;
  } else if (above < -options_.hysteresis) {
    base_ = std::max(0.0, base_ - kAdd * periods);
  }
}

double LoadController::spill_share() const {
  const double width = std::max(1e-3, kRamp * options_.hysteresis);
  const double ramp = std::clamp((latest_ - (1 - width)) / width, 0.0, 1.0);
  return base_ + (1 - base_) * ramp;
}

}  // namespace pincer
