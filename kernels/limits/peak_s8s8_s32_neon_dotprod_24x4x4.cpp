// The rate of SDOT on 128-bit registers: 24 independent chains.
#include <arm_neon.h>

#include <cstdint>

namespace pincer::kernels {

std::int64_t peak_s8s8_s32_neon_dotprod_24x4x4(std::int64_t turns) noexcept {
  constexpr int kChains = 24;
  constexpr std::int64_t kMacs = kChains * 4 * 4;
  const int8x16_t w = vdupq_n_s8(3);
  const int8x16_t a = vdupq_n_s8(5);
  int32x4_t acc[kChains];
#pragma GCC unroll 24
  for (int i = 0; i < kChains; ++i) acc[i] = vdupq_n_s32(0);
  for (std::int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) {
      acc[i] = vdotq_s32(acc[i], w, a);
      // The compiler must believe that somebody reads every step.
      __asm__ volatile("" : "+w"(acc[i]));
    }
  }
  return turns * kMacs;
}

}  // namespace pincer::kernels
