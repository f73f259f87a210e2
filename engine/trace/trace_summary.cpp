#include "pincer/engine/trace_summary.h"

namespace pincer {
namespace {

void add(TraceBin& bin, const StepRecord& r) {
  ++bin.steps;
  bin.rows += r.rows;
  bin.prompt_rows += r.prompt_rows;
  bin.sampled += r.sampled;
  bin.total_ns += r.total_ns;
  for (std::size_t s = 0; s < bin.span_ns.size(); ++s) bin.span_ns[s] += r.span_ns[s];
  bin.cell_ns.resize(r.cells.size());
  for (std::size_t i = 0; i < r.cells.size(); ++i) bin.cell_ns[i] += r.cells[i];
}

void add(PhaseUse& use, const StepRecord& r, const PhaseWork& work) {
  const auto p = static_cast<std::size_t>(use.phase);
  std::int64_t ns = 0;
  for (std::size_t cell = p; cell < r.cells.size(); cell += kPhases) ns += r.cells[cell];
  if (ns == 0) return;
  const std::int64_t rows = use.phase == Phase::head ? r.sampled : r.rows;
  const bool attends = use.phase == Phase::attention;
  ++use.steps;
  use.rows += rows;
  use.ns += ns;
  use.macs += work.macs * (attends ? r.keys : rows);
  use.bytes += work.bytes * (attends ? r.context : 1);
  if (r.kernels[p] != nullptr) use.kernel = r.kernels[p];
}

}  // namespace

std::vector<TraceBin> bins_of(std::span<const StepRecord> records, std::int64_t stretch_ns) {
  std::vector<TraceBin> bins;
  for (const StepRecord& r : records) {
    const std::int64_t start = r.start_ns / stretch_ns * stretch_ns;
    if (bins.empty() || bins.back().start_ns != start) {
      TraceBin& bin = bins.emplace_back();
      bin.start_ns = start;
      bin.first = r.number;
    }
    add(bins.back(), r);
  }
  return bins;
}

std::vector<PhaseUse> phase_uses(std::span<const StepRecord> records, const TraceShape& shape) {
  std::vector<PhaseUse> uses;
  for (const bool prompts : {false, true}) {
    for (int p = 0; p < kPhases; ++p) {
      PhaseUse use;
      use.phase = static_cast<Phase>(p);
      use.prompts = prompts;
      for (const StepRecord& r : records) {
        if (r.decode_only() != prompts) add(use, r, shape.work[static_cast<std::size_t>(p)]);
      }
      if (use.steps > 0) uses.push_back(use);
    }
  }
  return uses;
}

}  // namespace pincer
