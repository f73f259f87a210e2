// What there is to time: every kernel of this build on the shapes of real models. Shared by `pincer
// bench --kernels` and the programs in bench/kernels.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/kernels/cpu.h"
#include "pincer/kernels/matrix.h"

namespace pincer::kernels::measure {

// Buffers of one case, ready to run.
class Workload {
 public:
  virtual ~Workload() = default;
  // This thread's share of the operation. Each turn takes the next copy of cold weights.
  virtual void run(std::int64_t turn, int thread) noexcept = 0;
  // This thread's share of quantizing the activations that run() multiplies, if it does.
  virtual void quantize(int /*thread*/) noexcept {}
  // After a turn of all threads: empty, or what is wrong with the result.
  virtual std::string problem() const { return {}; }
};

// Memory of weights: that of the last case serves the next one, too, if it can.
class WeightStore {
 public:
  class Copies;  // of one packed matrix of random weights
  // Copies that take `bytes` of memory in all, one at least; null when there is no memory.
  std::shared_ptr<const Copies> get(const Layout& layout, std::int64_t n, std::int64_t k,
                                    std::int64_t bytes);

 private:
  std::shared_ptr<const Copies> last_;
};

// One kernel on one shape by some threads, which split panels (rows, heads) evenly.
struct Case {
  std::string_view kernel = {};  // the symbol
  std::string_view op = {};      // "gemm", "gemv", "attention", "rms_norm", ...
  Isa isa = Isa::scalar;
  std::string_view model = {}, layer = {};  // where the shape is from: "135M", "down"
  // Products: C[m][n] from k inputs. Row operations: m rows of n. Attention: m rows see n keys of k
  // floats.
  std::int64_t m = 1, n = 0, k = 0;
  int threads = 1;
  // Warm: the same weights again and again, in cache as far as they fit. Cold: copies take turns,
  // past the last-level cache, so that each is read from memory, as in decoding a large model.
  bool cold = false;
  std::optional<Layout> layout = {};  // of the weights of an INT8 product
  std::int64_t macs = 0;              // multiply-accumulates of one operation; 0: not counted
  std::int64_t bytes = 0;             // read in one operation: weights, K and V, rows
  std::int64_t written = 0;           // by a row operation, beside what it reads
  // Null when there is no memory. The case must outlive the workload.
  std::function<std::unique_ptr<Workload>(const Case&, WeightStore&)> make = {};

  bool int8() const { return layout.has_value(); }
  // "gemv_s8s8_f32_avx2_1x64x4/135M.down/1x576x1536/s8g32/warm/t1", unique.
  std::string id() const;
  // Bytes that the threads together go over again and again.
  std::int64_t working_set() const;
};

// quick: the kernels of the best ISA on few shapes, in seconds. usual: every kernel on the most
// telling shapes. all: every kernel on every layer of the models.
enum class Effort { quick, usual, all };

// Kernels that this CPU runs and PINCER_FORCE_ISA allows, in the order of the lists. Scalar ones,
// which are references, get small shapes only.
std::vector<Case> cases(Effort effort, std::span<const int> threads);
// Those whose id contains every word of `words`, which are separated by blanks.
std::vector<Case> matching(const std::vector<Case>& cases, std::string_view words);
// Indices of `cases`, those with the same weights together.
std::vector<std::vector<std::size_t>> by_weights(const std::vector<Case>& cases);

}  // namespace pincer::kernels::measure
