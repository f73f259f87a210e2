// GEMV on SVE over the panels of dot products, weights of 4 bits.
#include "kernels/gemv/sve_block4.h"

namespace pincer::kernels {

void gemv_s8s4_f32_sve_1x3Vx4(const GemmArgs& args) noexcept {
  multiply_rows<Block4<Weights4>>(args);
}

}  // namespace pincer::kernels
