// A recorded step as slices of time that lie in each other: what a flame and a trace viewer show.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/step_trace.h"

namespace pincer {

struct StepSlice {
  std::string name;           // "forward", "layer 3", "qkv"
  std::string_view category;  // "step", "attention", "mlp", "norm", "head", "sample", "other"
  std::int64_t start_ns = 0;  // since the step began
  std::int64_t ns = 0;
  int depth = 0;  // 0: the step itself
};

// Which part of the model a phase belongs to: "attention", "mlp", "norm" or "head".
std::string_view phase_category(Phase phase);

// In the order of their starts, the outer ones first. Parts of a step without time are missing.
std::vector<StepSlice> slices_of(const StepRecord& record);

}  // namespace pincer
