// GEMM on NEON with dot products, weights of 4 bits.
#include "kernels/gemm/neon_dotprod_tile.h"

namespace pincer::kernels {

void gemm_s8s4_f32_neon_dotprod_8x12x4(const GemmArgs& args) noexcept {
  dotprod_gemm<Weights4>(args);
}

}  // namespace pincer::kernels
