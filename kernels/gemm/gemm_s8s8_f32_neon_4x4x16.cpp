// GEMM on NEON without dot products, weights of 8 bits.
#include "kernels/gemm/neon_widening_tile.h"

namespace pincer::kernels {

void gemm_s8s8_f32_neon_4x4x16(const GemmArgs& args) noexcept { widening_gemm<Weights8>(args); }

}  // namespace pincer::kernels
