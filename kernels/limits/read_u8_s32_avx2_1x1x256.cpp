// Streaming read with 256-bit loads.
#include <immintrin.h>

#include <cstdint>

namespace pincer::kernels {

std::int32_t read_u8_s32_avx2_1x1x256(const std::uint8_t* data, std::int64_t bytes) noexcept {
  constexpr int kVectors = 8;
  __m256i sum[kVectors];
#pragma GCC unroll 8
  for (int i = 0; i < kVectors; ++i) sum[i] = _mm256_setzero_si256();
  for (std::int64_t at = 0; at < bytes; at += kVectors * 32) {
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; ++i) {
      const void* vector = data + at + i * 32;
      sum[i] = _mm256_add_epi32(sum[i], _mm256_load_si256(static_cast<const __m256i*>(vector)));
    }
  }
#pragma GCC unroll 8
  for (int i = 1; i < kVectors; ++i) sum[0] = _mm256_add_epi32(sum[0], sum[i]);
  return _mm_cvtsi128_si32(_mm256_castsi256_si128(sum[0]));
}

}  // namespace pincer::kernels
