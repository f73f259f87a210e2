// GEMV on AVX-VNNI: one row by 2 panels of 16 channels.
//
// Two panels have four chains for vpdpbusd, and their sums fit the registers, too. Measured on
// Sapphire Rapids: 4 panels are 7 to 12 % slower in the L2 cache and 4 % in DRAM.
#include "kernels/gemm/register_avxvnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemv_s8s8_f32_avxvnni_1x32x4(const GemmArgs& args) noexcept {
  compute_all<AvxVnniRegister, ByteWeights, 1, 2, Fetch::some>(args);
}

}  // namespace pincer::kernels
