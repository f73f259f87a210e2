// GEMM on NEON with 8-bit matrix products, weights of 8 bits.
#include "kernels/gemm/neon_i8mm_tile.h"

namespace pincer::kernels {

void gemm_s8s8_f32_neon_i8mm_8x12x8(const GemmArgs& args) noexcept { i8mm_gemm<Weights8>(args); }

}  // namespace pincer::kernels
