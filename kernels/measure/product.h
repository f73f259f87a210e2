// An INT8 product with random activations, split among threads. Private to kernels/measure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/measure/weights.h"
#include "pincer/kernels/kernel_table.h"
#include "pincer/kernels/measure/case.h"

namespace pincer::kernels::measure {

class Product : public Workload {
 public:
  // `ops` quantizes the activations.
  Product(const GemmKernel& kernel, const ElementwiseTable& ops, const Case& c,
          std::shared_ptr<const WeightStore::Copies> weights);

  void run(std::int64_t turn, int thread) noexcept override;
  bool valid() const;  // false: there was no memory
  void quantize(int thread) noexcept override;
  // Compares the first and the last panel of the first and the last row with the scalar kernel.
  std::string problem() const override;

 private:
  void quantize_row(std::int64_t row, int thread) noexcept;
  std::string problem(const GemmKernel& reference, std::int64_t row, std::int64_t panel) const;

  const GemmKernel& kernel_;
  const ElementwiseTable& ops_;
  const std::int64_t m_, n_, k_;
  const int threads_;
  const bool cold_;
  const std::shared_ptr<const WeightStore::Copies> weights_;
  std::int64_t k_padded_, groups_;
  std::vector<float> x_;                // [m][k]
  detail::HugeArray<float> scale_, c_;  // [m][groups], [m][n]
  detail::HugeArray<std::int32_t> correction_;
  detail::HugeArray<std::int8_t> q_, plain_;  // as the kernel reads them; a row for each thread
};

}  // namespace pincer::kernels::measure
