// The rate of vpdpbusd on 256-bit registers: 12 independent chains, more than its latency needs.
#include <immintrin.h>

#include <cstdint>

namespace pincer::kernels {

std::int64_t peak_s8s8_s32_avxvnni_12x8x4(std::int64_t turns) noexcept {
  constexpr int kChains = 12;
  constexpr std::int64_t kMacs = kChains * 8 * 4;
  const __m256i w = _mm256_set1_epi8(3);
  const __m256i a = _mm256_set1_epi8(5);
  __m256i acc[kChains];
#pragma GCC unroll 12
  for (int i = 0; i < kChains; ++i) acc[i] = _mm256_setzero_si256();
  for (std::int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      acc[i] = _mm256_dpbusd_avx_epi32(acc[i], w, a);
      // The compiler must believe that somebody reads every step.
      __asm__ volatile("" : "+x"(acc[i]));
    }
  }
  return turns * kMacs;
}

}  // namespace pincer::kernels
