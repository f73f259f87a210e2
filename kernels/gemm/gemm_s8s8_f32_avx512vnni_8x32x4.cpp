// GEMM of few rows on AVX512-VNNI: tiles of up to 8 rows by 2 panels of 16 channels, or of 4 by 4
// when there are no more than 4 rows.
//
// Either has 16 integer accumulators; the float sums that find no registers are touched in memory
// once per group. Measured on Sapphire Rapids with weights in DRAM: 8 x 2 is 20 % faster than 4 x 4
// for 8 rows and 10 % for 16; 16 x 1, which reads weights once for 16 rows, is 10 % slower.
#include "kernels/gemm/register_avx512vnni.h"
#include "kernels/gemm/vnni_few_rows.h"

namespace pincer::kernels {

void gemm_s8s8_f32_avx512vnni_8x32x4(const GemmArgs& args) noexcept {
  if (args.m_end - args.m_begin > 4) {
    compute_in_passes<Avx512VnniRegister, ByteWeights, 8, 2>(args);
  } else {
    compute_in_passes<Avx512VnniRegister, ByteWeights, 4, 4>(args);
  }
}

}  // namespace pincer::kernels
