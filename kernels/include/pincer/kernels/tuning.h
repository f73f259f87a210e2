// Which kernel computes a product, and how threads share it: measured on this machine, once, by
// bands of shapes. All kernels give the same bits, so that a choice changes nothing but the time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pincer/kernels/gemm.h"
#include "pincer/kernels/kernel_table.h"

namespace pincer::kernels {

// What threads divide among themselves. Panels: each reads its part of the weights and all rows.
// Rows: the other way around.
enum class Split : std::uint8_t { panels, rows };

struct ProductPlan {
  const GemmKernel* kernel = nullptr;
  int threads = 1;
  Split split = Split::panels;
  friend bool operator==(const ProductPlan&, const ProductPlan&) = default;
};

// "gemm_s8s8_f32_avx512vnni_6x32x4, 2 threads by panels"
std::string describe(const ProductPlan& plan);

// The part of `args` that falls to one of plan.threads; its range of rows or panels may be empty.
GemmArgs share_of(const ProductPlan& plan, const GemmArgs& args, int thread);

// Products of up to so many rows with up to so many weights (n * k), and more than those of the
// band before.
struct Band {
  std::int64_t rows = 0, weights = 0;
  friend bool operator==(const Band&, const Band&) = default;
};
std::span<const Band> bands();  // all, those of the same weights one after the other
// The index in bands() of a product of m rows.
std::size_t band_of(std::int64_t m, std::int64_t n, std::int64_t k);

// How much faster than the usual plan another has to be, in the best of some runs, to be preferred:
// the usual one is known to be good, and a measurement may be disturbed.
inline constexpr double kWorthChanging = 1.05;

// What was measured for a band: the plan that is used, and the one that would be without tuning.
struct TunedBand {
  ProductPlan plan, usual;
  double ns = 0, usual_ns = 0;  // of one product of the band; 0: not measured
};

class Tuning {
 public:
  // Not measured: the usual plans, all threads by panels.
  Tuning(const ProductKernels& kernels, int threads);
  // As measured: one for each of bands().
  explicit Tuning(std::vector<TunedBand> bands) : bands_(std::move(bands)) {}

  const ProductPlan& plan(std::int64_t m, std::int64_t n, std::int64_t k) const {
    return bands_[band_of(m, n, k)].plan;
  }
  std::span<const TunedBand> bands() const { return bands_; }

 private:
  std::vector<TunedBand> bands_;
};

// The plan without tuning.
ProductPlan usual_plan(const ProductKernels& kernels, const Band& band, int threads);

// What a band of up to `rows` rows chooses from: the kernels for the panels of kernels.layout that
// may run under `limit`, but for scalar ones, and for those that are tuned for one row where there
// are many.
std::vector<const GemmKernel*> kernels_for(const ProductKernels& kernels, Isa limit,
                                           std::int64_t rows);

// Calls work(thread) on threads 0 .. threads - 1 at once and returns when all have ended.
using RunOnThreads = std::function<void(int threads, const std::function<void(int)>& work)>;
// The seconds of one product by a plan: the best of some runs, or one run that takes longer than
// `interesting`.
using TimePlan = std::function<double(const Band&, const ProductPlan&, double interesting)>;

// Measures every band: first the kernels on all threads, then the best one on one thread if it is
// quick, and by rows where there are enough of them. When `stop` says so, the bands that are left
// keep the usual plan. Scalar kernels are not tuned.
Tuning tune(const ProductKernels& kernels, Isa limit, int threads, const TimePlan& time,
            const std::function<bool()>& stop);

// Times plans on weights of a band's size, by threads as `run` provides them.
TimePlan product_timer(const ProductKernels& kernels, const RunOnThreads& run);

}  // namespace pincer::kernels
