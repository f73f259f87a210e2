// GEMV on AVX512-VNNI: one row by 4 panels of 16 channels.
//
// Weights are read once, so the speed is that of reading. Four panels side by side are four streams
// for the hardware prefetchers, share the broadcasts of the row, and are independent chains for
// vpdpbusd. Measured on Sapphire Rapids with weights in the L2 cache: two panels are 6 % slower; to
// fetch more than every fourth line ahead costs more there than it gains in DRAM.
#include "kernels/gemm/register_avx512vnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemv_s8s8_f32_avx512vnni_1x64x4(const GemmArgs& args) noexcept {
  compute_all<Avx512VnniRegister, ByteWeights, 1, 4, Fetch::some>(args);
}

}  // namespace pincer::kernels
