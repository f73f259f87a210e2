// The reference for weights of 8 bits.
#include "kernels/gemm/scalar_product.h"

namespace pincer::kernels {

void gemm_s8s8_f32_scalar_1x1x1(const GemmArgs& args) noexcept {
  scalar_product<ByteWeights>(args);
}

}  // namespace pincer::kernels
