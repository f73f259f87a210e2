// The answers of /admin/trace, as JSON texts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pincer/engine/step_trace.h"
#include "server/trace/machine_limits.h"

namespace pincer {

// Which steps count.
enum class StepKind { all, decode, prompt };

// Mean nanoseconds of a step by stretch of time, layer and phase, for steps from `records` on.
// `now_ns`: as StepSummary::start_ns; a stretch that is not over yet is left out, and "next" is the
// number of its first step.
std::string heat_json(const StepTrace& trace, std::string_view model,
                      std::span<const StepRecord> records, StepKind kind, std::int64_t stretch_ns,
                      std::int64_t now_ns);
// A line of numbers for each step, to choose one from.
std::string steps_json(const StepTrace& trace, std::string_view model,
                       std::span<const StepRecord> records);
// Everything about one step, as slices of time.
std::string step_json(std::string_view model, const StepRecord& record);
// Each phase's kernel beside the limits.
std::string kernels_json(const StepTrace& trace, std::string_view model,
                         std::span<const StepRecord> records,
                         const std::optional<MachineLimits::Values>& limits);

}  // namespace pincer
