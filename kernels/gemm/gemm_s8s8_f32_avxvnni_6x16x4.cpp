// GEMM on AVX-VNNI: tiles of up to 6 rows by one panel of 16 channels.
//
// At 6 x 2 vectors the 12 integer accumulators, 2 vectors of weights and the broadcast fit the 16
// registers; the float sums are touched in memory, once per group.
#include "kernels/gemm/register_avxvnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemm_s8s8_f32_avxvnni_6x16x4(const GemmArgs& args) noexcept {
  compute_all<AvxVnniRegister, ByteWeights, 6, 1, Fetch::own>(args);
}

}  // namespace pincer::kernels
