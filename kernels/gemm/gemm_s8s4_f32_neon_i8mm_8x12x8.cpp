// GEMM on NEON with 8-bit matrix products, weights of 4 bits.
#include "kernels/gemm/neon_i8mm_tile.h"

namespace pincer::kernels {

void gemm_s8s4_f32_neon_i8mm_8x12x8(const GemmArgs& args) noexcept { i8mm_gemm<Weights4>(args); }

}  // namespace pincer::kernels
