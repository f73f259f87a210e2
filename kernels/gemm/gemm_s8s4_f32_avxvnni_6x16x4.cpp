// GEMM by 4-bit weights on AVX-VNNI: tiles of up to 6 rows by one panel of 16 channels.
#include "kernels/gemm/register_avxvnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemm_s8s4_f32_avxvnni_6x16x4(const GemmArgs& args) noexcept {
  compute_all<AvxVnniRegister, NibbleWeights, 6, 1, Fetch::own>(args);
}

}  // namespace pincer::kernels
