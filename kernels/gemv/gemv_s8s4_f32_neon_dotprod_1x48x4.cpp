// GEMV on NEON with dot products, weights of 4 bits.
#include "kernels/gemv/neon_lane_dot.h"

namespace pincer::kernels {

void gemv_s8s4_f32_neon_dotprod_1x48x4(const GemmArgs& args) noexcept {
  gemv_panels_of_12<LaneDot<Weights4>>(args);
}

}  // namespace pincer::kernels
