// GEMM on SVE with dot products, weights of 4 bits.
#include "kernels/gemm/sve_tile.h"

namespace pincer::kernels {

void gemm_s8s4_f32_sve_8x3Vx4(const GemmArgs& args) noexcept { sve_gemm<Weights4>(args); }

}  // namespace pincer::kernels
