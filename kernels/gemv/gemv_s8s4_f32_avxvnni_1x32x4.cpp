// GEMV by 4-bit weights on AVX-VNNI: one row by 2 panels of 16 channels.
//
// Two panels side by side read from DRAM 6 % faster than four (Sapphire Rapids). From the L2 cache
// instructions are the limit: 32 bytes, two k-blocks of half a panel, take two ands and two
// vpdpbusd on three ports, and a group of 32 another 7 instructions for sums and scales, 7.7 cycles
// for 144 bytes.
#include "kernels/gemm/register_avxvnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemv_s8s4_f32_avxvnni_1x32x4(const GemmArgs& args) noexcept {
  compute_all<AvxVnniRegister, SplitNibbles, 1, 2, Fetch::some>(args);
}

}  // namespace pincer::kernels
