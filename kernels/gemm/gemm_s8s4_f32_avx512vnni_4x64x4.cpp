// GEMM of few rows by 4-bit weights on AVX512-VNNI: tiles of up to 4 rows by 4 panels of 16
// channels.
//
// 8 rows by 2 panels, better for 8-bit weights, are 10 % slower here for 8 rows and no faster
// for 16. Instructions are the limit from 8 rows on: of a group of 32 and 16 channels, 288 bytes,
// 16 rows take 128 vpdpbusd, 48 for sums and 56 for nibbles and scales, 116 cycles on two ports.
#include "kernels/gemm/register_avx512vnni.h"
#include "kernels/gemm/vnni_few_rows.h"

namespace pincer::kernels {

void gemm_s8s4_f32_avx512vnni_4x64x4(const GemmArgs& args) noexcept {
  compute_in_passes<Avx512VnniRegister, NibbleWeights, 4, 4>(args);
}

}  // namespace pincer::kernels
