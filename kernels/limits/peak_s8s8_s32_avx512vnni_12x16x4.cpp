// The rate of vpdpbusd on 512-bit registers: 12 independent chains, more than its latency needs.
#include <immintrin.h>

#include <cstdint>

namespace pincer::kernels {

std::int64_t peak_s8s8_s32_avx512vnni_12x16x4(std::int64_t turns) noexcept {
  constexpr int kChains = 12;
  constexpr std::int64_t kMacs = kChains * 16 * 4;
  const __m512i w = _mm512_set1_epi8(3);
  const __m512i a = _mm512_set1_epi8(5);
  __m512i acc[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) acc[i] = _mm512_setzero_si512();
  for (std::int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      acc[i] = _mm512_dpbusd_epi32(acc[i], w, a);
      // The compiler must believe that somebody reads every step.
      __asm__ volatile("" : "+v"(acc[i]));
    }
  }
  return turns * kMacs;
}

}  // namespace pincer::kernels
