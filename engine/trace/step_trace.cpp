#include "pincer/engine/step_trace.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/kv/kv_cache.h"
#include "pincer/engine/model.h"

namespace pincer {
namespace {

constexpr std::size_t kSummaryWords = sizeof(StepSummary) / sizeof(std::uint32_t);
using SummaryWords = std::array<std::uint32_t, kSummaryWords>;

std::size_t cell_count(const TraceShape& shape) {
  return (static_cast<std::size_t>(shape.layers) + 1) * kPhases;
}

void set_kernels(TraceShape& shape, const Model& model, const KvChoice& kv) {
  const auto set = [&](Phase phase, std::string_view kernel) {
    shape.kernels[static_cast<std::size_t>(phase)] = kernel;
  };
  const kernels::KernelTable& k = model.kernels;
  const KvFormat format = kv.format.value_or(model.kv_format());
  set(Phase::attention, format == KvFormat::s8    ? k.attention_s8->name
                        : format == KvFormat::f16 ? k.attention_f16->name
                                                  : k.attention->name);
  for (const Phase p : {Phase::norm_quantize, Phase::ff_norm_quantize, Phase::activation})
    set(p, k.elementwise->name);
}

}  // namespace

std::string_view step_span_name(StepSpan span) {
  constexpr std::array<std::string_view, kStepSpans> kNames = {"schedule", "guess",  "wait",
                                                               "forward",  "sample", "deliver"};
  return kNames[static_cast<std::size_t>(span)];
}

TraceShape trace_shape(const Model& model, int threads, const KvChoice& kv) {
  const ModelConfig& c = model.config;
  TraceShape shape;
  shape.layers = c.layers;
  shape.threads = threads;
  shape.isa = model.isa;
  shape.weight_bytes = model.weight_bytes();
  set_kernels(shape, model, kv);
  const auto add = [&](Phase phase, const Linear& product) {
    PhaseWork& work = shape.work[static_cast<std::size_t>(phase)];
    work.macs += std::int64_t{product.n} * product.k;
    work.bytes += product.bytes();
  };
  bool windows = false;
  for (int layer = 0; layer < c.layers; ++layer) {
    const LayerWeights& w = model.layers[static_cast<std::size_t>(layer)];
    add(Phase::qkv, w.qkv);
    add(Phase::attention_output, w.attention_output);
    add(Phase::gate_up, w.gate_up);
    add(Phase::down, w.down);
    windows = windows || c.window(layer) > 0;
  }
  add(Phase::head, model.head);
  // With windows the layers see different numbers of keys, which the steps do not tell apart.
  if (!windows) {
    shape.work[static_cast<std::size_t>(Phase::attention)] = {
        2 * std::int64_t{c.layers} * c.q_width(),
        KvCache::block_bytes(model, kv) / kernels::kKvBlockTokens};
  }
  return shape;
}

StepTrace::StepTrace(const TraceShape& shape)
    : shape_(shape),
      words_(kSummaryWords + cell_count(shape)),
      slots_(std::clamp<std::size_t>(kMostBytes / (words_ * sizeof(Word)), 16, 4096)) {}

void StepTrace::make_ring() {
  const std::lock_guard lock(making_);
  if (ring_) return;
  versions_ = std::make_unique<std::atomic<std::int64_t>[]>(slots_);
  ring_ = std::make_unique<Word[]>(slots_ * words_);
}

void StepTrace::watch(std::chrono::milliseconds time) {
  make_ring();
  const std::int64_t until =
      now_ns() + std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  std::int64_t known = watched_until_.load(std::memory_order_relaxed);
  while (known < until &&
         !watched_until_.compare_exchange_weak(known, until, std::memory_order_release)) {
  }
}

void StepTrace::watch_always() {
  make_ring();
  watched_until_.store(std::numeric_limits<std::int64_t>::max(), std::memory_order_release);
}

// A reader that sees a word of this step sees the odd version too, since words are released and
// acquired one by one: on x86 plain moves, and no fences, which ThreadSanitizer does not follow.
void StepTrace::write(StepSummary summary,
                      std::span<const std::array<LayerTrace::Cell, kPhases>> cells) {
  const std::int64_t number = summary.number = end_.load(std::memory_order_relaxed);
  const std::size_t slot = static_cast<std::size_t>(number) % slots_;
  versions_[slot].store(2 * number + 1, std::memory_order_relaxed);
  Word* to = ring_.get() + slot * words_;
  const auto head = std::bit_cast<SummaryWords>(summary);
  for (const std::uint32_t word : head) (to++)->store(word, std::memory_order_release);
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  for (const auto& layer : cells) {
    for (const LayerTrace::Cell& cell : layer) {
      (to++)->store(static_cast<std::uint32_t>(std::min(cell.total_ns, kMost)),
                    std::memory_order_release);
    }
  }
  versions_[slot].store(2 * number + 2, std::memory_order_release);
  end_.store(number + 1, std::memory_order_release);
}

// False: the step is not there any more.
bool StepTrace::copy(std::int64_t number, StepRecord& to) const {
  const std::size_t slot = static_cast<std::size_t>(number) % slots_;
  const std::int64_t expected = 2 * number + 2;
  if (versions_[slot].load(std::memory_order_acquire) != expected) return false;
  const Word* from = ring_.get() + slot * words_;
  SummaryWords head;
  for (std::uint32_t& word : head) word = (from++)->load(std::memory_order_acquire);
  to.cells.resize(words_ - kSummaryWords);
  for (std::uint32_t& word : to.cells) word = (from++)->load(std::memory_order_acquire);
  if (versions_[slot].load(std::memory_order_relaxed) != expected) return false;
  static_cast<StepSummary&>(to) = std::bit_cast<StepSummary>(head);
  return true;
}

std::vector<StepRecord> StepTrace::read(std::int64_t from, std::size_t most) const {
  std::vector<StepRecord> records;
  const std::int64_t last = end();  // acquired: the ring is there if there is a step
  const auto room = static_cast<std::int64_t>(std::min(most, slots_));
  for (std::int64_t n = std::max({std::int64_t{0}, from, last - room}); n < last; ++n) {
    StepRecord record;
    if (copy(n, record)) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace pincer
