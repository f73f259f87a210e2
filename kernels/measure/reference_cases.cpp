// The FP32 products of `--reference`.
#include "kernels/measure/case_lists.h"
#include "kernels/measure/shapes.h"
#include "kernels/measure/weights.h"
#include "pincer/kernels/kernel_table.h"

namespace pincer::kernels::measure {
namespace {

class ReferenceProduct : public Workload {
 public:
  ReferenceProduct(GemmF32Fn fn, const Case& c)
      : fn_(fn),
        threads_(c.threads),
        x_(random_floats(c.m * c.k, 1)),
        w_(random_floats(c.n * c.k, 2)),
        c_(static_cast<std::size_t>(c.m * c.n)),
        args_{.a = {x_.data(), c.m, c.k, c.k},
              .w = {w_.data(), c.n, c.k, c.k},
              .c = {c_.data(), c.m, c.n, c.n},
              .m_end = c.m} {}

  void run(std::int64_t, int thread) noexcept override {
    const Share channels(args_.w.rows, thread, threads_);
    GemmF32Args args = args_;
    args.n_begin = channels.begin;
    args.n_end = channels.end;
    fn_(args);
  }

 private:
  GemmF32Fn fn_;
  int threads_;
  std::vector<float> x_, w_, c_;
  GemmF32Args args_;
};

}  // namespace

void add_reference_cases(const Selection& s, std::vector<Case>& out) {
  if (s.effort == Effort::quick) return;
  for (const GemmF32Kernel* kernel : runnable(gemm_f32_kernels(), s.effort)) {
    for (const LayerShape& shape : kLayerShapes) {
      if (!shape.telling || shape.model != kLayerShapes[0].model) continue;
      for (const std::int64_t m : {1, 16}) {
        Case c{.kernel = kernel->name,
               .op = "gemm_f32",
               .isa = kernel->isa,
               .model = shape.model,
               .layer = shape.layer,
               .m = m,
               .n = shape.n,
               .k = shape.k,
               .macs = m * shape.n * shape.k,
               .bytes = shape.n * shape.k * static_cast<std::int64_t>(sizeof(float))};
        c.make = [kernel](const Case& self, WeightStore&) {
          return std::make_unique<ReferenceProduct>(kernel->fn, self);
        };
        for (const int threads : s.threads) {
          c.threads = threads;
          out.push_back(c);
        }
      }
    }
  }
}

}  // namespace pincer::kernels::measure
