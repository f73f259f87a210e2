// GEMM on NEON without dot products, weights of 4 bits.
#include "kernels/gemm/neon_widening_tile.h"

namespace pincer::kernels {

void gemm_s8s4_f32_neon_4x4x16(const GemmArgs& args) noexcept { widening_gemm<Weights4>(args); }

}  // namespace pincer::kernels
