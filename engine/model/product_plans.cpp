#include "engine/model/product_plans.h"

#include <algorithm>

#include "pincer/engine/tuned_products.h"

namespace pincer {
namespace {

kernels::Tuning tuning_of(const Model& model, const kernels::Layout& layout, int threads) {
  kernels::ProductKernels kernels = layout.bits == 4 ? model.kernels.s4 : model.kernels.s8;
  kernels.layout = layout;
  if (model.tuning_dir.empty()) return {kernels, threads};
  return tuned_products(model.tuning_dir, kernels, model.isa, threads);
}

}  // namespace

ProductPlans::ProductPlans(const Model& model, int threads) {
  if (model.reference) return;
  const auto add = [&](const Linear& weight) {
    const kernels::Layout& layout = weight.packed.layout();
    const bool known = std::any_of(kinds_.begin(), kinds_.end(), [&](const Kind& kind) {
      return kind.bits == layout.bits && kind.group == layout.group;
    });
    if (!known) kinds_.push_back({layout.bits, layout.group, tuning_of(model, layout, threads)});
  };
  for (const LayerWeights& w : model.layers) {
    for (const Linear* weight : {&w.qkv, &w.attention_output, &w.gate_up, &w.down}) add(*weight);
  }
  add(model.head);
}

const kernels::ProductPlan& ProductPlans::plan(const Linear& weight, std::int64_t rows) const {
  const kernels::Layout& layout = weight.packed.layout();
  const auto kind = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& k) {
    return k.bits == layout.bits && k.group == layout.group;
  });
  return kind->tuning.plan(rows, weight.n, weight.k);
}

std::int64_t ProductPlans::most_interleaved() const {
  std::int64_t most = 1;
  for (const Kind& kind : kinds_) {
    for (const kernels::TunedBand& band : kind.tuning.bands()) {
      most = std::max<std::int64_t>(most, band.plan.kernel->ir);
    }
  }
  return most;
}

}  // namespace pincer
