// The reference for weights of 4 bits.
#include "kernels/gemm/scalar_product.h"

namespace pincer::kernels {

void gemm_s8s4_f32_scalar_1x1x1(const GemmArgs& args) noexcept {
  scalar_product<NibbleWeights>(args);
}

}  // namespace pincer::kernels
