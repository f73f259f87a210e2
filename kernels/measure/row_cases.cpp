// The operations of the elementwise tables, on one row by one thread: the forward pass gives each
// thread rows of its own. Warm: the same row again and again. Cold: rows that come from memory and
// go there.
#include <algorithm>

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
constexpr RowShape kVocabularies[] = {{"135M", "head", 49152, Effort::quick},
                                      {"0.5B", "head", 151936, Effort::usual}};
constexpr int kHeadDim = 64;

// Copies of one row of n floats, one after the other. All but `gain` take turns; results that are
// floats go to one row, as in the forward pass.
struct Rows {
  Rows(std::int64_t size, std::int64_t rows)
      : n(size),
        x(copies(rows, 4)),
        y(copies(rows, 5)),
        gain(random_floats(n, 6)),
        out(gain),
        q(x.size()),
        scale(gain.size()),
        correction(gain.size()) {}
  std::vector<float> copies(std::int64_t rows, unsigned seed) const {
    const std::vector<float> row = random_floats(n, seed);
    std::vector<float> all;
    all.reserve(static_cast<std::size_t>(n * rows));
    for (std::int64_t i = 0; i < rows; ++i) all.insert(all.end(), row.begin(), row.end());
    return all;
  }

  std::int64_t n;
  std::vector<float> x, y, gain, out;
  std::vector<std::int8_t> q;
  std::vector<float> scale;
  std::vector<std::int32_t> correction;
};

// One of them.
struct Row {
  std::int64_t n;
  float *x, *y, *gain, *out;
  std::int8_t* q;
  float* scale;
  std::int32_t* correction;

  RowQuants to(std::int64_t group) const { return {n, group, q, scale, correction}; }
  // The longest block that models use.
  std::int64_t block() const { return std::min<std::int64_t>(n & -n, 512); }
};

template <int group>
void quantize(const ElementwiseTable& t, const Row& r) noexcept {
  t.quantize_row(r.x, r.n, r.n, group, r.q, r.scale, r.correction);
}
// x grows by y, which is random and small beside it for as many turns as a measurement has.
template <int group>
void add_norm_quantize(const ElementwiseTable& t, const Row& r) noexcept {
  const RowQuants to = r.to(group);
  t.add_norm_quantize(r.x, r.y, nullptr, 1e-5f, r.n, nullptr, &to);
}
template <int group>
void silu_rotate_quantize(const ElementwiseTable& t, const Row& r) noexcept {
  const RowQuants to = r.to(group);
  t.silu_rotate_quantize(r.x, r.y, r.n, r.block(), r.out, &to);
}
template <int k>
void top_k(const ElementwiseTable& t, const Row& r) noexcept {
  t.top_k(r.x, r.n, k, r.correction, r.out);
}

struct Operation {
  std::string_view name;
  std::int64_t read, written;  // bytes an element; written: not those that are overwritten
  void (*run)(const ElementwiseTable&, const Row&) noexcept;
  bool of_logits = false;
  bool cold = false;  // is timed cold, too
};
constexpr Operation kOperations[] = {
    {"rms_norm", 4, 4,
     [](const ElementwiseTable& t, const Row& r) noexcept {
       t.rms_norm(r.x, r.gain, 1e-5f, r.n, r.out);
     }},
    {"softmax", 4, 0,
     [](const ElementwiseTable& t, const Row& r) noexcept { t.softmax(r.x, r.n); }},
    {"rope", 4, 0,
     [](const ElementwiseTable& t, const Row& r) noexcept {
       t.rope(r.x, r.gain, r.gain + kHeadDim / 2, r.n / kHeadDim, kHeadDim, kHeadDim);
     }},
    {"silu_mul", 8, 4,
     [](const ElementwiseTable& t, const Row& r) noexcept { t.silu_mul(r.x, r.y, r.n, r.out); }},
    {"gelu_mul", 8, 4,
     [](const ElementwiseTable& t, const Row& r) noexcept { t.gelu_mul(r.x, r.y, r.n, r.out); }},
    {"add", 8, 0, [](const ElementwiseTable& t, const Row& r) noexcept { t.add(r.x, r.y, r.n); }},
    {"quantize_row", 4, 1, quantize<0>},
    {"quantize_row_g32", 4, 1, quantize<32>},
    {"add_norm_quantize", 8, 1, add_norm_quantize<0>, false, true},
    {"add_norm_quantize_g32", 8, 1, add_norm_quantize<32>, false, true},
    {"hadamard", 4, 0,
     [](const ElementwiseTable& t, const Row& r) noexcept { t.hadamard(r.x, r.n, r.block()); },
     false, true},
    {"silu_rotate_quantize", 8, 1, silu_rotate_quantize<0>, false, true},
    {"silu_rotate_quantize_g32", 8, 1, silu_rotate_quantize<32>, false, true},
    {"top_1", 4, 0, top_k<1>, true},
    {"top_40", 4, 0, top_k<40>, true, true},
    {"top_256", 4, 0, top_k<256>, true},
};

class RowWorkload : public Workload {
 public:
  RowWorkload(const ElementwiseTable& table, const Operation& operation, std::int64_t n,
              std::int64_t rows)
      : table_(table), operation_(operation), rows_(n, rows), count_(rows) {}
  void run(std::int64_t turn, int) noexcept override {
    const std::int64_t first = turn % count_ * rows_.n;
    operation_.run(table_, {rows_.n, rows_.x.data() + first, rows_.y.data() + first,
                            rows_.gain.data(), rows_.out.data(), rows_.q.data() + first,
                            rows_.scale.data(), rows_.correction.data()});
  }

 private:
  const ElementwiseTable& table_;
  const Operation& operation_;
  Rows rows_;
  std::int64_t count_;
};

Case row_case(const ElementwiseKernel& kernel, const Operation& operation, const RowShape& shape) {
  Case c{.kernel = kernel.name,
         .op = operation.name,
         .isa = kernel.isa,
         .model = shape.model,
         .layer = shape.layer,
         .n = shape.n,
         .bytes = shape.n * operation.read,
         .written = shape.n * operation.written};
  c.make = [&kernel, &operation](const Case& self, WeightStore&) -> std::unique_ptr<Workload> {
    // x and y take turns, whether the operation reads y or not.
    const std::int64_t rows = self.cold ? self.working_set() / self.bytes + 1 : 1;
    return std::make_unique<RowWorkload>(*kernel.fn, operation, self.n, rows);
  };
  return c;
}

}  // namespace

void add_row_cases(const Selection& s, std::vector<Case>& out) {
  for (const ElementwiseKernel* kernel : runnable(elementwise_kernels(), s.effort)) {
    for (const Operation& operation : kOperations) {
      const std::span<const RowShape> shapes =
          operation.of_logits ? std::span<const RowShape>(kVocabularies) : kRowShapes;
      for (const RowShape& shape : shapes) {
        if (shape.effort > s.effort) continue;
        out.push_back(row_case(*kernel, operation, shape));
        // The reference is slow wherever its rows are.
        if (s.effort == Effort::quick || kernel->isa == Isa::scalar || !operation.cold) continue;
        out.push_back(out.back());
        out.back().cold = true;
      }
    }
  }
}

}  // namespace pincer::kernels::measure
