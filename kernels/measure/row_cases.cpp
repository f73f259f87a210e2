// The operations of the elementwise tables, on one row by one thread: the forward pass gives each
// thread rows of its own.
#include "kernels/measure/case_lists.h"
#include "kernels/measure/weights.h"
#include "pincer/kernels/kernel_table.h"

namespace pincer::kernels::measure {
namespace {

struct RowShape {
  std::string_view model, layer;
  std::int64_t n;
  Effort effort;  // the least that has it
};
constexpr RowShape kRowShapes[] = {{"135M", "hidden", 576, Effort::quick},
                                   {"135M", "ff", 1536, Effort::all},
                                   {"7B", "hidden", 4096, Effort::usual},
                                   {"7B", "ff", 11008, Effort::all}};
constexpr int kHeadDim = 64;

struct Row {
  explicit Row(std::int64_t size)
      : n(size), x(random_floats(n, 4)), y(random_floats(n, 5)), out(x), q(x.size()) {
    scale.resize(x.size());
    correction.resize(x.size());
  }
  std::int64_t n;
  std::vector<float> x, y, out;
  std::vector<std::int8_t> q;
  std::vector<float> scale;
  std::vector<std::int32_t> correction;
};

template <int group>
void quantize(const ElementwiseTable& t, Row& r) noexcept {
  t.quantize_row(r.x.data(), r.n, r.n, group, r.q.data(), r.scale.data(), r.correction.data());
}

struct Operation {
  std::string_view name;
  std::int64_t read, written;  // bytes an element; written: not those that are overwritten
  void (*run)(const ElementwiseTable&, Row&) noexcept;
};
constexpr Operation kOperations[] = {
    {"rms_norm", 8, 4,
     [](const ElementwiseTable& t, Row& r) noexcept {
       t.rms_norm(r.x.data(), r.y.data(), 1e-5f, r.n, r.out.data());
     }},
    {"softmax", 4, 0,
     [](const ElementwiseTable& t, Row& r) noexcept { t.softmax(r.out.data(), r.n); }},
    {"rope", 4, 0,
     [](const ElementwiseTable& t, Row& r) noexcept {
       t.rope(r.out.data(), r.y.data(), r.y.data() + kHeadDim / 2, r.n / kHeadDim, kHeadDim,
              kHeadDim);
     }},
    {"silu_mul", 8, 4,
     [](const ElementwiseTable& t, Row& r) noexcept {
       t.silu_mul(r.x.data(), r.y.data(), r.n, r.out.data());
     }},
    {"gelu_mul", 8, 4,
     [](const ElementwiseTable& t, Row& r) noexcept {
       t.gelu_mul(r.x.data(), r.y.data(), r.n, r.out.data());
     }},
    {"add", 8, 0,
     [](const ElementwiseTable& t, Row& r) noexcept { t.add(r.out.data(), r.y.data(), r.n); }},
    {"quantize_row", 4, 1, quantize<0>},
    {"quantize_row_g32", 4, 1, quantize<32>},
};

class RowWorkload : public Workload {
 public:
  RowWorkload(const ElementwiseTable& table, const Operation& operation, std::int64_t n)
      : table_(table), operation_(operation), row_(n) {}
  void run(std::int64_t, int) noexcept override { operation_.run(table_, row_); }

 private:
  const ElementwiseTable& table_;
  const Operation& operation_;
  Row row_;
};

}  // namespace

void add_row_cases(const Selection& s, std::vector<Case>& out) {
  for (const ElementwiseKernel* kernel : runnable(elementwise_kernels(), s.effort)) {
    for (const Operation& operation : kOperations) {
      for (const RowShape& shape : kRowShapes) {
        if (shape.effort > s.effort) continue;
        Case c{.kernel = kernel->name,
               .op = operation.name,
               .isa = kernel->isa,
               .model = shape.model,
               .layer = shape.layer,
               .n = shape.n,
               .bytes = shape.n * operation.read,
               .written = shape.n * operation.written};
        c.make = [kernel, &operation](const Case& self, WeightStore&) {
          return std::make_unique<RowWorkload>(*kernel->fn, operation, self.n);
        };
        out.push_back(std::move(c));
      }
    }
  }
}

}  // namespace pincer::kernels::measure
