// GEMM of few rows on AVX512-VNNI: tiles of up to 4 rows by 4 panels of 16 channels.
//
// At 4 x 4 the 16 integer accumulators, four vectors of weights and the broadcast leave 11
// registers to the float sums; the rest of these are touched in memory once per group.
#include "kernels/gemm/register_avx512vnni.h"
#include "kernels/gemm/vnni_few_rows.h"

namespace pincer::kernels {

void gemm_s8s8_f32_avx512vnni_4x64x4(const GemmArgs& args) noexcept {
  compute_few<Avx512VnniRegister, ByteWeights>(args);
}

}  // namespace pincer::kernels
