// Where a step's time goes, by layer and phase: what `pincer bench --layers` prints.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pincer::kernels {
struct GemmKernel;
}

namespace pincer {

enum class Phase : std::uint8_t {
  norm_quantize,  // the last block's residual, RMSNorm and quantization before q, k, v
  qkv,
  rope_cache,  // rotary embedding, and writing K and V to the cache
  attention,
  attention_output,  // quantization and product
  ff_norm_quantize,  // attention's residual, RMSNorm and quantization
  gate_up,
  activation,  // gated activation and quantization
  down,        // product; in the last layer, the residual as well
  head,        // final norm and logits; its layer is the last plus one
};
inline constexpr int kPhases = 10;
std::string_view phase_name(Phase phase);

// Belongs to the thread that computes; the live trace of a running engine is StepTrace
// (step_trace.h).
class LayerTrace {
 public:
  struct Cell {
    std::int64_t count = 0;
    std::int64_t total_ns = 0;
  };

  explicit LayerTrace(int layers) : cells_(static_cast<std::size_t>(layers) + 1) {}
  void add(int layer, Phase phase, std::int64_t ns) {
    Cell& c = cells_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(phase)];
    ++c.count;
    c.total_ns += ns;
  }
  const std::vector<std::array<Cell, kPhases>>& cells() const { return cells_; }
  // Which kernel computed a phase's product last; null: none did, or the reference path.
  void ran(Phase phase, const kernels::GemmKernel* kernel) {
    kernels_[static_cast<std::size_t>(phase)] = kernel;
  }
  const std::array<const kernels::GemmKernel*, kPhases>& kernels() const { return kernels_; }
  // Forgets what was added.
  void clear() {
    cells_.assign(cells_.size(), {});
    kernels_ = {};
  }

 private:
  std::vector<std::array<Cell, kPhases>> cells_;  // [layers + 1]
  std::array<const kernels::GemmKernel*, kPhases> kernels_{};
};

// Stamps the time between phases; does nothing without a trace.
class PhaseTimer {
 public:
  explicit PhaseTimer(LayerTrace* trace) : trace_(trace) {
    if (trace_ != nullptr) last_ = std::chrono::steady_clock::now();
  }
  // `kernel`: of the phase's product, where it has one.
  void done(int layer, Phase phase, const kernels::GemmKernel* kernel = nullptr) {
    if (trace_ == nullptr) return;
    if (kernel != nullptr) trace_->ran(phase, kernel);
    const auto now = std::chrono::steady_clock::now();
    trace_->add(layer, phase,
                std::chrono::duration_cast<std::chrono::nanoseconds>(now - last_).count());
    last_ = now;
  }

 private:
  LayerTrace* trace_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace pincer
