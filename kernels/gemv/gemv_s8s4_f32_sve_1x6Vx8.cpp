// GEMV on SVE over the panels of 8-bit matrix products, weights of 4 bits.
#include "kernels/gemv/sve_block8.h"

namespace pincer::kernels {

void gemv_s8s4_f32_sve_1x6Vx8(const GemmArgs& args) noexcept {
  multiply_rows<Block8<Weights4>>(args);
}

}  // namespace pincer::kernels
