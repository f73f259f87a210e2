// GEMV by 4-bit weights on AVX512-VNNI: one row by 2 panels of 16 channels.
//
// Two panels side by side read from DRAM 6 % faster than four (Sapphire Rapids). From the L2 cache
// instructions are the limit: 64 bytes, two k-blocks of a panel, take two ands and two vpdpbusd on
// two ports, and a group of 32 another 7 instructions for sums and scales, 11.5 cycles for 288
// bytes.
#include "kernels/gemm/register_avx512vnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemv_s8s4_f32_avx512vnni_1x32x4(const GemmArgs& args) noexcept {
  compute_all<Avx512VnniRegister, SplitNibbles, 1, 2, Fetch::some>(args);
}

}  // namespace pincer::kernels
