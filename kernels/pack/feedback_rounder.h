// Rounding with error feedback (pack.h), some channels side by side. Private to kernels/pack.
#pragma once

#include <cstdint>
#include <vector>

#include "pincer/kernels/pack.h"

namespace pincer::kernels::detail {

// Walks over k once. Channels do not see each other, so a weight's quant does not depend on the
// panel that it is in. Sums run over the directions in order: the same bits on every ISA.
class FeedbackRounder {
 public:
  static constexpr std::int64_t kLanes = 16;  // channels

  FeedbackRounder(const ErrorFeedback& feedback, float limit);

  // Of the weights that follow; 0: they are zero.
  void set_scale(std::int64_t lane, float scale) { scale_[lane] = scale; }
  // The next weight of a channel; one that is not finite counts as zero.
  void set_weight(std::int64_t lane, float weight);
  // Rounds the weights in column k of all channels.
  void round(std::int64_t k, std::int8_t* q);

 private:
  ErrorFeedback feedback_;
  float limit_;
  float scale_[kLanes] = {};
  float weight_[kLanes] = {};
  std::vector<float>
      left_;  // [rank][kLanes]: along each direction, what the errors so far add up to
};

}  // namespace pincer::kernels::detail
