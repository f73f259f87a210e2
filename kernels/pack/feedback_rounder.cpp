#include "kernels/pack/feedback_rounder.h"

#include <algorithm>
#include <cmath>

namespace pincer::kernels::detail {

FeedbackRounder::FeedbackRounder(const ErrorFeedback& feedback, float limit)
    : feedback_(feedback),
      limit_(limit),
      left_(static_cast<std::size_t>(feedback.rank * kLanes), 0.0f) {}

void FeedbackRounder::set_weight(std::int64_t lane, float weight) {
  weight_[lane] = std::isfinite(weight) ? weight : 0.0f;
}

void FeedbackRounder::round(std::int64_t k, std::int8_t* q) {
  const float* gains = feedback_.gains + k * feedback_.rank;
  const float* directions = feedback_.directions + k * feedback_.rank;
  float target[kLanes], error[kLanes];
  std::copy_n(weight_, kLanes, target);
  for (int i = 0; i < feedback_.rank; ++i) {
    const float* left = left_.data() + i * kLanes;
    const float gain = gains[i];
    for (std::int64_t lane = 0; lane < kLanes; ++lane) target[lane] -= gain * left[lane];
  }
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    // Adding 1.5 * 2^23 and taking it away rounds to the nearest integer, ties to even.
    constexpr float kRounder = 12582912.0f;
    const float divisor = scale_[lane] == 0.0f ? 1.0f : scale_[lane];
    const float exact = std::min(limit_, std::max(-limit_, target[lane] / divisor));  // NaN: -limit
    const float rounded = scale_[lane] == 0.0f ? 0.0f : (exact + kRounder) - kRounder;
    q[lane] = static_cast<std::int8_t>(rounded);
    error[lane] = rounded * scale_[lane] - weight_[lane];
  }
  for (int i = 0; i < feedback_.rank; ++i) {
    float* left = left_.data() + i * kLanes;
    const float direction = directions[i];
    for (std::int64_t lane = 0; lane < kLanes; ++lane) left[lane] += direction * error[lane];
  }
}

}  // namespace pincer::kernels::detail
