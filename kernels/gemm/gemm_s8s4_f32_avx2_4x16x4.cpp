// GEMM by 4-bit weights on AVX2: tiles of up to 4 rows by one panel of 16 channels.
//
// Nibbles are unsigned and small, so that maddubs needs no care for signs, and a group of 32 adds
// up in 16 bits: 8 sums, which leave registers to the weights, the broadcast and the mask.
#include "kernels/gemm/register_avx2.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemm_s8s4_f32_avx2_4x16x4(const GemmArgs& args) noexcept {
  compute_all<Avx2ProductRegister, NibbleWeights, 4, 1, Fetch::own>(args);
}

}  // namespace pincer::kernels
