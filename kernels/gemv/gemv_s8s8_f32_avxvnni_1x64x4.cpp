// GEMV on AVX-VNNI: one row by 4 panels of 16 channels, for the reasons of AVX512-VNNI.
#include "kernels/gemm/register_avxvnni.h"
#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {

void gemv_s8s8_f32_avxvnni_1x64x4(const GemmArgs& args) noexcept {
  compute_all<AvxVnniRegister, 1, 4, Fetch::none>(args);
}

}  // namespace pincer::kernels
