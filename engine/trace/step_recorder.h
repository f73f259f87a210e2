// The engine thread's side of the live trace: the times of one step after another.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "pincer/engine/step_trace.h"

namespace pincer {

class StepRecorder {
 public:
  StepRecorder(StepTrace& trace, int layers) : trace_(trace), cells_(layers) {}

  // A step begins. Whether it is traced does not change until the next one.
  void begin() {
    on_ = trace_.wanted();
    if (!on_) return;
    step_ = {};
    cells_.clear();
    step_.start_ns = last_ns_ = trace_.now_ns();
  }
  bool on() const { return on_; }
  // For the forward pass; null while nothing is traced.
  LayerTrace* layers() { return on_ ? &cells_ : nullptr; }

  // What happened since the last lap was `span`.
  void lap(StepSpan span) {
    if (!on_) return;
    const std::int64_t now = trace_.now_ns();
    step_.span_ns[static_cast<std::size_t>(span)] += narrow(now - last_ns_);
    last_ns_ = now;
  }

  // The step is over; `summary` says what it did. Only while on.
  void end(StepSummary summary) {
    summary.start_ns = step_.start_ns;
    summary.span_ns = step_.span_ns;
    summary.total_ns = narrow(last_ns_ - step_.start_ns);
    summary.kernels = cells_.kernels();
    trace_.write(summary, cells_.cells());
  }

 private:
  static std::uint32_t narrow(std::int64_t ns) {
    return static_cast<std::uint32_t>(
        std::min<std::int64_t>(ns, std::numeric_limits<std::uint32_t>::max()));
  }

  StepTrace& trace_;
  LayerTrace cells_;
  StepSummary step_;
  std::int64_t last_ns_ = 0;
  bool on_ = false;
};

}  // namespace pincer
