// GEMV on NEON without dot products, weights of 4 bits.
#include "kernels/gemv/neon_widening_panels.h"

namespace pincer::kernels {

void gemv_s8s4_f32_neon_1x16x16(const GemmArgs& args) noexcept { widening_gemv<Weights4>(args); }

}  // namespace pincer::kernels
