// The rate of the shortest INT8 sequence of AVX2: maddubs, madd, add. (Signed operands cost the
// kernels a fourth one.)
#include <immintrin.h>

#include <cstdint>

namespace pincer::kernels {

std::int64_t peak_s8s8_s32_avx2_8x8x4(std::int64_t turns) noexcept {
  constexpr int kChains = 8;
  constexpr std::int64_t kMacs = kChains * 8 * 4;
  const __m256i ones = _mm256_set1_epi16(1);
  const __m256i a = _mm256_set1_epi8(5);
  __m256i w = _mm256_set1_epi8(3);
  __m256i acc[kChains];
#pragma GCC unroll 8
  for (int i = 0; i < kChains; ++i) acc[i] = _mm256_setzero_si256();
  for (std::int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 8
    for (int i = 0; i < kChains; ++i) {
      // The compiler must neither share the products between the chains nor drop a step.
      __asm__ volatile("" : "+x"(w));
      const __m256i products = _mm256_madd_epi16(_mm256_maddubs_epi16(a, w), ones);
      acc[i] = _mm256_add_epi32(acc[i], products);
      __asm__ volatile("" : "+x"(acc[i]));
    }
  }
  return turns * kMacs;
}

}  // namespace pincer::kernels
