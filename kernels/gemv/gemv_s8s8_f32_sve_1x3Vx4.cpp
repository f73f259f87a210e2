// GEMV on SVE over the panels of dot products, weights of 8 bits.
#include "kernels/gemv/sve_block4.h"

namespace pincer::kernels {

void gemv_s8s8_f32_sve_1x3Vx4(const GemmArgs& args) noexcept {
  multiply_rows<Block4<Weights8>>(args);
}

}  // namespace pincer::kernels
