// How many prompt tokens fit beside the decoding rows of a step.
#pragma once

#include "engine/schedule/scheduler.h"

namespace pincer {

// What a step's prompts may use. Pure, and filled as the plan grows.
class ChunkBudget {
 public:
  // `decoding`: the rows of decoding sequences, proposals included; none of them: prompts get all.
  ChunkBudget(const StepLoad& decoding, const SchedulerLimits& limits, const StepCost& cost);

  // How many of `wanted` tokens after `computed` ones still fit; at least kLeastChunk of them in a
  // step.
  int fits(int computed, int wanted) const;
  void take(int computed, int count);
  bool empty() const { return left_ <= 0; }

 private:
  StepLoad with(int computed, int count) const;

  const StepCost& cost_;
  StepLoad load_;
  double limit_ms_ = 0;  // 0: no limit
  int left_;             // tokens, by the limit on their number
  int taken_ = 0;
};

}  // namespace pincer
