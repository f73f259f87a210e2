// GEMM by 4-bit weights on AVX512-VNNI: tiles of up to 6 rows by 2 panels of 16 channels.
#include "kernels/gemm/register_avx512vnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemm_s8s4_f32_avx512vnni_6x32x4(const GemmArgs& args) noexcept {
  compute_all<Avx512VnniRegister, NibbleWeights, 6, 2, Fetch::none>(args);
}

}  // namespace pincer::kernels
