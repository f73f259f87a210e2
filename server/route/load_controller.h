// How much of what is meant for the local side goes to the cloud, so that the first token comes in
// time. Two parts: a base that follows the load (what is kept here grows by a little and is cut in
// proportion: AIMD), and a ramp that answers to the queue of the moment and keeps the base from
// swinging. Of predicted times only; no share of a CPU says when a token comes.
#pragma once

#include <chrono>

#include "server/route/route_config.h"

namespace pincer {

// One for each route; belongs to one executor. Time is the caller's.
class LoadController {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LoadController(const LoadControl& options) : options_(options) {}

  // When a request would get its first token here, if it came now: expected wait and prefill. As
  // often as one likes; the share moves at most once in a period.
  void observe(double predicted_first_token_s, Clock::time_point now);

  // Of requests meant for the local side; 0 to 1.
  double spill_share() const;

 private:
  LoadControl options_;
  double base_ = 0;
  double latest_ = 0, smoothed_ = 0;  // predictions, in targets
  bool begun_ = false;
  Clock::time_point last_step_{}, last_seen_{};
};

}  // namespace pincer
