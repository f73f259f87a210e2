#include <algorithm>

#include "pincer/kernels/tuning.h"

namespace pincer::kernels {
namespace {

// The bounds of part `thread` of `count` units, that of the first ones larger by one.
std::int64_t bound(std::int64_t count, int thread, int threads) { return count * thread / threads; }

}  // namespace

std::string describe(const ProductPlan& plan) {
  std::string text(plan.kernel->name);
  if (plan.threads == 1) return text + ", 1 thread";
  return text + ", " + std::to_string(plan.threads) + " threads by " +
         (plan.split == Split::rows ? "rows" : "panels");
}

GemmArgs share_of(const ProductPlan& plan, const GemmArgs& args, int thread) {
  GemmArgs share = args;
  if (plan.split == Split::panels) {
    const std::int64_t panels = args.panel_end - args.panel_begin;
    share.panel_begin = args.panel_begin + bound(panels, thread, plan.threads);
    share.panel_end = args.panel_begin + bound(panels, thread + 1, plan.threads);
    return share;
  }
  // Whole tiles, which are whole runs of interleaved rows.
  const std::int64_t unit = std::max<std::int64_t>(plan.kernel->mr, plan.kernel->ir);
  const std::int64_t step = (unit + plan.kernel->ir - 1) / plan.kernel->ir * plan.kernel->ir;
  const std::int64_t units = (args.m_end - args.m_begin + step - 1) / step;
  const auto row = [&](int part) {
    return std::min(args.m_end, args.m_begin + bound(units, part, plan.threads) * step);
  };
  share.m_begin = row(thread);
  share.m_end = row(thread + 1);
  return share;
}

ProductPlan usual_plan(const ProductKernels& kernels, const Band& band, int threads) {
  return {&kernels.for_rows(band.rows), threads, Split::panels};
}

Tuning::Tuning(const ProductKernels& kernels, int threads) {
  for (const Band& band : kernels::bands()) {
    const ProductPlan usual = usual_plan(kernels, band, threads);
    bands_.push_back({.plan = usual, .usual = usual});
  }
}

}  // namespace pincer::kernels
