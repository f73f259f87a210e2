#include "server/trace/step_slices.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace pincer {
namespace {

std::string_view span_category(StepSpan span) {
  if (span == StepSpan::sample) return "sample";
  return span == StepSpan::forward ? "step" : "other";
}

class Slices {
 public:
  explicit Slices(const StepRecord& record) : record_(record) {
    out_.push_back({"step", "step", 0, record.total_ns, 0});
  }

  void add(StepSpan span) {
    const std::int64_t ns = record_.span_ns[static_cast<std::size_t>(span)];
    if (ns == 0) return;
    out_.push_back({std::string(step_span_name(span)), span_category(span), at_, ns, 1});
    if (span == StepSpan::forward) add_layers(at_, ns);
    at_ += ns;
  }
  std::vector<StepSlice> take() { return std::move(out_); }

 private:
  // What the phases do not account for is the embedding, which comes first.
  void add_layers(std::int64_t start, std::int64_t ns) {
    const auto& cells = record_.cells;
    const std::int64_t phases = std::accumulate(cells.begin(), cells.end(), std::int64_t{0});
    std::int64_t at = start + std::max<std::int64_t>(0, ns - phases);
    if (at > start) out_.push_back({"embedding", "other", start, at - start, 2});
    const int layers = static_cast<int>(cells.size()) / kPhases - 1;
    for (int layer = 0; layer <= layers; ++layer) at = add_layer(layer, layer == layers, at);
  }

  // Where it ends.
  std::int64_t add_layer(int layer, bool head, std::int64_t at) {
    const std::size_t outer = out_.size();
    if (!head) out_.push_back({fmt::format("layer {}", layer), "step", at, 0, 2});
    std::int64_t sum = 0;
    for (int p = 0; p < kPhases; ++p) {
      const auto phase = static_cast<Phase>(p);
      const std::int64_t ns = record_.at(layer, phase);
      if (ns == 0) continue;
      out_.push_back(
          {std::string(phase_name(phase)), phase_category(phase), at + sum, ns, head ? 2 : 3});
      sum += ns;
    }
    if (!head) out_[outer].ns = sum;
    return at + sum;
  }

  const StepRecord& record_;
  std::vector<StepSlice> out_;
  std::int64_t at_ = 0;
};

}  // namespace

std::string_view phase_category(Phase phase) {
  switch (phase) {
    case Phase::norm_quantize:
    case Phase::ff_norm_quantize:
      return "norm";
    case Phase::gate_up:
    case Phase::activation:
    case Phase::down:
      return "mlp";
    case Phase::head:
      return "head";
    default:
      return "attention";
  }
}

std::vector<StepSlice> slices_of(const StepRecord& record) {
  Slices slices(record);
  for (int s = 0; s < kStepSpans; ++s) slices.add(static_cast<StepSpan>(s));
  return slices.take();
}

}  // namespace pincer
