// What recorded steps say together: times over time, and products beside what they compute and
// read.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pincer/engine/step_trace.h"

namespace pincer {

// Steps that began within the same stretch of time.
struct TraceBin {
  std::int64_t start_ns = 0;  // a multiple of the stretch
  std::int64_t first = 0;     // number of the first step
  std::int64_t steps = 0, rows = 0, prompt_rows = 0, sampled = 0;
  std::int64_t total_ns = 0;
  std::array<std::int64_t, kStepSpans> span_ns{};
  std::vector<std::int64_t> cell_ns;  // [layers + 1][kPhases]
};
// In order of time; stretches without a step are missing. `records` are in order.
std::vector<TraceBin> bins_of(std::span<const StepRecord> records, std::int64_t stretch_ns);

// A phase in steps that only decode, or in those with tokens of prompts as well: many rows are
// another product than few.
struct PhaseUse {
  Phase phase = Phase::qkv;
  bool prompts = false;
  const kernels::GemmKernel* kernel = nullptr;  // the last one seen
  std::int64_t steps = 0;
  std::int64_t rows = 0;  // through this phase
  std::int64_t ns = 0;
  std::int64_t macs = 0, bytes = 0;  // 0: not known
};
// By kind of step, then in the order of the phases; those without time are missing.
std::vector<PhaseUse> phase_uses(std::span<const StepRecord> records, const TraceShape& shape);

}  // namespace pincer
