// Products of a band's size on random weights and rows, timed.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "kernels/measure/weights.h"
#include "pincer/kernels/tuning.h"

namespace pincer::kernels {
namespace {

// What stands for a band: its rows, or so many where it has no limit; and a matrix of its size.
constexpr std::int64_t kMostRows = 256;
struct Shape {
  std::int64_t n, k;
};
constexpr Shape kShapes[] = {{576, 1536}, {2048, 2048}, {4096, 4096}};

// A plan is run until so much time has passed, a few times at least: the fastest run counts.
constexpr double kSeconds = 0.002;
constexpr int kRuns = 3;
// Each run has weights of its own out of so many bytes, which few caches hold: in a step every
// layer has its own, and what reads fastest from a cache need not do so from memory.
constexpr std::int64_t kColdBytes = std::int64_t{128} << 20;

Shape shape_of(const Band& band) {
  Shape largest = kShapes[0];
  for (const Shape& shape : kShapes) {
    if (shape.n * shape.k <= band.weights) largest = shape;
  }
  return largest;
}

class Sample {
 public:
  Sample(const Layout& layout, const Shape& shape)
      : shape_(shape), weights_(layout, shape.n, shape.k, kColdBytes) {
    if (!weights_.valid()) return;
    const PackedMatrix w = weights_.matrix(0);
    // Interleaved rows are padded to whole tiles, of 64 rows at most here.
    constexpr std::int64_t kRows = kMostRows + 64;
    q_.emplace(kRows * w.k_padded());
    scale_.assign(static_cast<std::size_t>(kMostRows * w.groups()), 0.01f);
    correction_.assign(scale_.size(), 0);
    c_.emplace(kMostRows * shape.n);
    if (!valid()) return;
    std::uint32_t bits = 1;
    for (std::int64_t i = 0; i < q_->size(); ++i) {
      bits = bits * 1664525 + 1013904223;  // Numerical Recipes' generator
      q_->data()[i] = static_cast<std::int8_t>(bits >> 24);
    }
  }

  bool is_for(const Shape& shape) const { return shape.n == shape_.n && shape.k == shape_.k; }
  bool valid() const { return weights_.valid() && q_->valid() && c_->valid(); }

  // Of the next weights.
  GemmArgs args(const GemmKernel& kernel, std::int64_t rows) {
    const PackedMatrix w = weights_.matrix(next_++);
    return {.a = {.q = q_->data(),
                  .stride = w.k_padded(),
                  .scale = scale_.data(),
                  .correction = correction_.data(),
                  .groups = w.groups(),
                  .rows = rows,
                  .ir = kernel.ir,
                  .ik = kernel.ik},
            .w = w,
            .c = c_->data(),
            .c_stride = shape_.n,
            .m_end = rows,
            .panel_end = w.panels()};
  }

 private:
  Shape shape_;
  measure::WeightStore::Copies weights_;
  std::int64_t next_ = 0;
  std::optional<detail::HugeArray<std::int8_t>> q_;
  std::optional<detail::HugeArray<float>> c_;
  std::vector<float> scale_;
  std::vector<std::int32_t> correction_;
};

class Timer {
 public:
  Timer(const Layout& layout, RunOnThreads run) : layout_(layout), run_(std::move(run)) {}

  double time(const Band& band, const ProductPlan& plan, double interesting) {
    using Clock = std::chrono::steady_clock;
    const Shape shape = shape_of(band);
    if (!sample_ || !sample_->is_for(shape)) {
      sample_ = std::make_unique<Sample>(layout_, shape);
    }
    // Without memory no plan is better than another.
    if (!sample_->valid()) return 1;
    const auto product = [&] {
      const GemmArgs args = sample_->args(*plan.kernel, std::min(band.rows, kMostRows));
      run_(plan.threads, [&](int thread) { plan.kernel->fn(share_of(plan, args, thread)); });
    };
    product();
    double best = 0, total = 0;
    for (int i = 0; i < kRuns || total < kSeconds; ++i) {
      const auto start = Clock::now();
      product();
      const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
      best = i == 0 ? seconds : std::min(best, seconds);
      total += seconds;
      if (best > interesting) break;
    }
    return best;
  }

 private:
  Layout layout_;
  RunOnThreads run_;
  std::unique_ptr<Sample> sample_;  // of the last band: the next one may have the same size
};

}  // namespace

TimePlan product_timer(const ProductKernels& kernels, const RunOnThreads& run) {
  const auto timer = std::make_shared<Timer>(kernels.layout, run);
  return [timer](const Band& band, const ProductPlan& plan, double interesting) {
    return timer->time(band, plan, interesting);
  };
}

}  // namespace pincer::kernels
