// Recorded steps in the Trace Event Format, which Perfetto (https://ui.perfetto.dev) and Chrome's
// chrome://tracing open:
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pincer/engine/step_trace.h"

namespace pincer {

// Two lanes of one process named after the model: the steps with everything in them, and counters
// of rows and waiting generations. Times are microseconds since the trace was made.
std::string chrome_trace(std::string_view model, std::span<const StepRecord> records);

}  // namespace pincer
