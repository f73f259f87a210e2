// GEMV on AVX512-VNNI: one row by 4 panels of 16 channels.
//
// Weights are read once, so the speed is that of reading. Four panels side by side are four streams
// for the hardware prefetchers, share the broadcasts of the row, and are independent chains for
// vpdpbusd. Measured on Zen 4 with weights in DRAM and groups of 32: one panel at a time with four
// chains read about 20 % slower (no slower per channel). On that form, prefetching the quants into
// L1 slowed it down further, and no other software prefetch gained more than the noise.
#include "kernels/gemm/register_avx512vnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemv_s8s8_f32_avx512vnni_1x64x4(const GemmArgs& args) noexcept {
  compute_all<Avx512VnniRegister, 1, 4, Fetch::none>(args);
}

}  // namespace pincer::kernels
