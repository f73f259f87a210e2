// GEMM of few rows by 4-bit weights on AVX512-VNNI: tiles of up to 4 rows by 4 panels of 16
// channels.
#include "kernels/gemm/register_avx512vnni.h"
#include "kernels/gemm/vnni_few_rows.h"

namespace pincer::kernels {

void gemm_s8s4_f32_avx512vnni_4x64x4(const GemmArgs& args) noexcept {
  compute_few<Avx512VnniRegister, NibbleWeights>(args);
}

}  // namespace pincer::kernels
