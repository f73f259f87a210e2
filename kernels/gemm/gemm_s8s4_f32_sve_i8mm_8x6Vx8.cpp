// GEMM on SVE with 8-bit matrix products, weights of 4 bits.
#include "kernels/gemm/sve_i8mm_tile.h"

namespace pincer::kernels {

void gemm_s8s4_f32_sve_i8mm_8x6Vx8(const GemmArgs& args) noexcept { sve_i8mm_gemm<Weights4>(args); }

}  // namespace pincer::kernels
