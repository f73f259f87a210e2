// How each product of a model is computed on this machine: the tunings of the kinds of weights that
// it has.
#pragma once

#include <cstdint>
#include <vector>

#include "pincer/engine/model.h"
#include "pincer/kernels/tuning.h"

namespace pincer {

class ProductPlans {
 public:
  // Reads the tunings, or measures what is missing. None for a reference model.
  ProductPlans(const Model& model, int threads);

  // For `rows` rows of activations.
  const kernels::ProductPlan& plan(const Linear& weight, std::int64_t rows) const;

  // The most rows that any plan interleaves: QuantizedRows::ir.
  std::int64_t most_interleaved() const;

 private:
  struct Kind {
    int bits, group;
    kernels::Tuning tuning;
  };
  std::vector<Kind> kinds_;
};

}  // namespace pincer
