// The rate of SMMLA on 128-bit registers: 24 independent chains of 2 x 2 results.
#include <arm_neon.h>

#include <cstdint>

namespace pincer::kernels {

std::int64_t peak_s8s8_s32_neon_i8mm_48x2x8(std::int64_t turns) noexcept {
  constexpr int kChains = 24;
  constexpr std::int64_t kMacs = kChains * 2 * 2 * 8;
  const int8x16_t w = vdupq_n_s8(3);
  const int8x16_t a = vdupq_n_s8(5);
  int32x4_t acc[kChains];
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) acc[i] = vdupq_n_s32(0);
  for (std::int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) {
      acc[i] = vmmlaq_s32(acc[i], w, a);
      // The compiler must believe that somebody reads every step.
      __asm__ volatile("" : "+w"(acc[i]));
    }
  }
  return turns * kMacs;
}

}  // namespace pincer::kernels
