// GEMM on NEON with dot products, weights of 8 bits.
#include "kernels/gemm/neon_dotprod_tile.h"

namespace pincer::kernels {

void gemm_s8s8_f32_neon_dotprod_8x12x4(const GemmArgs& args) noexcept {
  dotprod_gemm<Weights8>(args);
}

}  // namespace pincer::kernels
