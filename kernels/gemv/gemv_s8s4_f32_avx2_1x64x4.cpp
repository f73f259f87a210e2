// GEMV by 4-bit weights on AVX2: one row by 4 panels of 16 channels.
//
// From the L2 cache instructions are the limit: a group of 32, 128 bytes for 8 channels, takes 12
// to separate nibbles, 17 to multiply and add up and 5 for scales, 11.3 cycles on three ports. From
// DRAM four panels side by side are 6 % faster than two (Sapphire Rapids), whose sums would fit the
// registers.
#include "kernels/gemm/register_avx2.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemv_s8s4_f32_avx2_1x64x4(const GemmArgs& args) noexcept {
  compute_all<Avx2ProductRegister, NibbleWeights, 1, 4, Fetch::some>(args);
}

}  // namespace pincer::kernels
