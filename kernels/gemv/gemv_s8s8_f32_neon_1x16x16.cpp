// GEMV on NEON without dot products, weights of 8 bits.
#include "kernels/gemv/neon_widening_panels.h"

namespace pincer::kernels {

void gemv_s8s8_f32_neon_1x16x16(const GemmArgs& args) noexcept { widening_gemv<Weights8>(args); }

}  // namespace pincer::kernels
