// GEMM on AVX512-VNNI: tiles of up to 6 rows by 2 panels of 16 channels.
//
// At 6 x 2 there are 12 integer and 12 float accumulators, which with 2 vectors of weights and the
// broadcast fit 32 registers, and 12 independent chains hide vpdpbusd's latency of 4 to 5 cycles.
#include "kernels/gemm/register_avx512vnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemm_s8s8_f32_avx512vnni_6x32x4(const GemmArgs& args) noexcept {
  compute_all<Avx512VnniRegister, ByteWeights, 6, 2, Fetch::none>(args);
}

}  // namespace pincer::kernels
