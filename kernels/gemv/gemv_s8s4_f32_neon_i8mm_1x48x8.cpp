// GEMV on NEON with 8-bit matrix products, weights of 4 bits.
#include "kernels/gemv/neon_matrix_dot.h"

namespace pincer::kernels {

void gemv_s8s4_f32_neon_i8mm_1x48x8(const GemmArgs& args) noexcept {
  gemv_panels_of_12<MatrixDot<Weights4>>(args);
}

}  // namespace pincer::kernels
