#include <algorithm>
#include <array>

#include "pincer/kernels/tuning.h"

namespace pincer::kernels {
namespace {

// Below this a split by rows leaves threads without a tile.
constexpr std::int64_t kRowsToSplit = 64;
// Up to so many rows, one at a time may be as fast as a tile of them.
constexpr std::int64_t kRowsOneByOne = 4;
// Only products this short may be better off on one thread: what is saved is that threads meet.
constexpr double kShortNs = 100e3;
// A plan that takes so many times as long as the best in one run is not looked at any further.
constexpr double kHopeless = 1.3;

class BandTuner {
 public:
  BandTuner(const Band& band, const TimePlan& time) : band_(band), time_(time) {}

  void start(const ProductPlan& usual) {
    const double seconds = time_(band_, usual, 1e9);
    best_ = {.plan = usual, .usual = usual, .ns = seconds * 1e9, .usual_ns = seconds * 1e9};
  }
  void consider(const ProductPlan& plan) {
    if (plan == best_.usual) return;
    double ns = time(plan);
    // What others do to the machine passes: a lead has to hold in turns.
    for (int turn = 0; turn < kTurns && leads(ns); ++turn) {
      best_.usual_ns = std::min(best_.usual_ns, time(best_.usual));
      if (best_.plan == best_.usual) best_.ns = best_.usual_ns;
      ns = std::min(ns, time(plan));
    }
    if (!leads(ns)) return;
    best_.plan = plan;
    best_.ns = ns;
  }
  const TunedBand& best() const { return best_; }

 private:
  static constexpr int kTurns = 2;

  double time(const ProductPlan& plan) const {
    return time_(band_, plan, kHopeless * best_.ns * 1e-9) * 1e9;
  }
  bool leads(double ns) const { return ns * kWorthChanging < best_.usual_ns && ns < best_.ns; }

  const Band& band_;
  const TimePlan& time_;
  TunedBand best_;
};

}  // namespace

std::vector<const GemmKernel*> kernels_for(const ProductKernels& kernels, Isa limit,
                                           std::int64_t rows) {
  std::vector<const GemmKernel*> found;
  for (const auto& list : {gemm_kernels(), gemm_few_kernels(), gemv_kernels()}) {
    for (const GemmKernel& row : list) {
      if (row.isa == Isa::scalar || !isa_allowed(row.isa, limit)) continue;
      if (!row.shape.fits(kernels.layout) || (row.few != 0 && rows > row.few)) continue;
      if (row.mr == 1 && rows > kRowsOneByOne) continue;
      found.push_back(&row);
    }
  }
  return found;
}

Tuning tune(const ProductKernels& kernels, Isa limit, int threads, const TimePlan& time,
            const std::function<bool()>& stop) {
  if (kernels.gemm->isa == Isa::scalar) return {kernels, threads};
  std::vector<TunedBand> tuned;
  for (const Band& band : bands()) {
    const ProductPlan usual = usual_plan(kernels, band, threads);
    if (stop()) {
      tuned.push_back({.plan = usual, .usual = usual});
      continue;
    }
    BandTuner tuner(band, time);
    tuner.start(usual);
    for (const GemmKernel* kernel : kernels_for(kernels, limit, band.rows)) {
      tuner.consider({kernel, threads, Split::panels});
    }
    const GemmKernel* fastest = tuner.best().plan.kernel;
    if (threads > 1) {
      if (tuner.best().ns < kShortNs) tuner.consider({fastest, 1, Split::panels});
      if (band.rows >= kRowsToSplit) tuner.consider({fastest, threads, Split::rows});
    }
    tuned.push_back(tuner.best());
  }
  return Tuning(std::move(tuned));
}

}  // namespace pincer::kernels
