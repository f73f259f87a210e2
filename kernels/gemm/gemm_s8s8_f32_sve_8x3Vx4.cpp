// GEMM on SVE with dot products, weights of 8 bits.
#include "kernels/gemm/sve_tile.h"

namespace pincer::kernels {

void gemm_s8s8_f32_sve_8x3Vx4(const GemmArgs& args) noexcept { sve_gemm<Weights8>(args); }

}  // namespace pincer::kernels
