// The rate of 8-bit products on NEON without dot products, 128-bit registers: SMULL, SMLAL2 and
// SADALP for 16 of them, in 16 independent chains of sums.
#include <arm_neon.h>

#include <cstdint>

namespace pincer::kernels {

std::int64_t peak_s8s8_s32_neon_16x1x16(std::int64_t turns) noexcept {
  constexpr int kChains = 16;
  constexpr std::int64_t kMacs = kChains * 16;
  int8x16_t w = vdupq_n_s8(3);
  const int8x16_t a = vdupq_n_s8(5);
  int32x4_t acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) acc[i] = vdupq_n_s32(0);
  for (std::int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) {
      // The compiler must believe that the operand is another one each time.
      __asm__ volatile("" : "+w"(w));
      const int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(a));
      acc[i] = vpadalq_s16(acc[i], vmlal_high_s8(low, w, a));
      __asm__ volatile("" : "+w"(acc[i]));
    }
  }
  return turns * kMacs;
}

}  // namespace pincer::kernels
