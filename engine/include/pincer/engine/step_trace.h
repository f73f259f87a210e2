// The live trace of a running engine: what each step did and where its time went, by layer and
// phase. The engine's thread writes it without locks while somebody watches, and does nothing for
// it otherwise; any thread reads it while the engine runs.
//
// Memory: the last steps in a ring of at most kMostBytes, taken when the first watcher comes.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "pincer/engine/kv_format.h"
#include "pincer/engine/layer_trace.h"
#include "pincer/kernels/cpu.h"

namespace pincer {

class Model;

// The parts of a step, in the order in which they run.
enum class StepSpan : std::uint8_t {
  schedule,  // new and cancelled requests, the plan, blocks for its rows
  guess,     // of tokens that the step then verifies
  wait,      // for another model's step (EngineOptions::turns)
  forward,   // all layers and the head, with the embedding
  sample,
  deliver,  // tokens to their streams, finished sequences out
};
inline constexpr int kStepSpans = 6;
std::string_view step_span_name(StepSpan span);

struct StepSummary {
  std::int64_t number = 0;    // counts the steps that were traced, from 0
  std::int64_t start_ns = 0;  // since the trace was made
  std::int64_t keys = 0;      // that the rows attend to, summed over the rows; of one layer
  std::int64_t context = 0;   // tokens of the sequences: keys and values that one layer reads
  std::uint32_t total_ns = 0;
  std::array<std::uint32_t, kStepSpans> span_ns{};
  std::uint32_t sequences = 0;
  std::uint32_t rows = 0;         // through the layers
  std::uint32_t prompt_rows = 0;  // of these, tokens of prompts
  std::uint32_t drafts = 0;       // of these, guesses to be verified
  std::uint32_t sampled = 0;      // of these, through the head
  std::uint32_t waiting = 0;      // generations without a place, after the step
  // Which kernel computed a phase's product, in the last layer; null: none, or the reference path.
  std::array<const kernels::GemmKernel*, kPhases> kernels{};

  bool decode_only() const { return prompt_rows == 0; }
};

struct StepRecord : StepSummary {
  std::vector<std::uint32_t> cells;  // nanoseconds, [layers + 1][kPhases]
  std::uint32_t at(int layer, Phase phase) const {
    return cells[static_cast<std::size_t>(layer) * kPhases + static_cast<std::size_t>(phase)];
  }
};

// What one phase computes and reads, all layers together. Products: for each row, and once a step.
// Attention: for each pair of a row and a key that it sees, and for each token of the sequences.
// Zeros: unknown, or nothing to speak of.
struct PhaseWork {
  std::int64_t macs = 0, bytes = 0;
};

struct TraceShape {
  int layers = 0;
  int threads = 1;
  kernels::Isa isa = kernels::Isa::scalar;
  std::int64_t weight_bytes = 0;
  std::array<PhaseWork, kPhases> work{};
  // Of the phases that are no products; empty: no kernel, or the steps say which.
  std::array<std::string_view, kPhases> kernels{};
};
TraceShape trace_shape(const Model& model, int threads, const KvChoice& kv);

class StepTrace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMostBytes = std::size_t{4} << 20;

  explicit StepTrace(const TraceShape& shape);
  const TraceShape& shape() const { return shape_; }

  // Any thread. Steps are recorded for so long from now on, at least.
  void watch(std::chrono::milliseconds time);
  void watch_always();
  bool watched() const { return watched_until_.load(std::memory_order_relaxed) > now_ns(); }

  // Any thread. The number that the next step gets.
  std::int64_t end() const { return end_.load(std::memory_order_acquire); }
  // The steps from number `from` on that are still there, the last `most` of them, oldest first.
  std::vector<StepRecord> read(std::int64_t from, std::size_t most) const;
  std::size_t capacity() const { return slots_; }  // steps
  std::int64_t now_ns() const {                    // as StepSummary::start_ns
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - epoch_).count();
  }

  // The engine's thread. `wanted` costs an atomic load while nobody watches.
  bool wanted() const { return watched_until_.load(std::memory_order_acquire) != 0 && watched(); }
  // Gives the step its number. `cells`: [layers + 1][kPhases].
  void write(StepSummary summary, std::span<const std::array<LayerTrace::Cell, kPhases>> cells);

 private:
  using Word = std::atomic<std::uint32_t>;

  void make_ring();
  bool copy(std::int64_t number, StepRecord& to) const;

  const TraceShape shape_;
  const Clock::time_point epoch_ = Clock::now();
  std::size_t words_, slots_;  // of a step; steps in the ring
  std::mutex making_;
  // Each slot is guarded by its version: 2 n + 2 when it holds step n, 2 n + 1 while that is
  // written. Set before watched_until_ becomes positive, and never changed then.
  std::unique_ptr<std::atomic<std::int64_t>[]> versions_;
  std::unique_ptr<Word[]> ring_;
  std::atomic<std::int64_t> end_ = 0;
  std::atomic<std::int64_t> watched_until_ = 0;  // as now_ns(); 0: nobody ever watched
};

}  // namespace pincer
