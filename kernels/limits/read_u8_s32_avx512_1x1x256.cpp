// Streaming read with 512-bit loads.
#include <immintrin.h>

#include <cstdint>

namespace pincer::kernels {

std::int32_t read_u8_s32_avx512_1x1x256(const std::uint8_t* data, std::int64_t bytes) noexcept {
  constexpr int kVectors = 4;
  __m512i sum[kVectors];
#pragma GCC unroll 8
  for (int i = 0; i < kVectors; ++i) sum[i] = _mm512_setzero_si512();
  for (std::int64_t at = 0; at < bytes; at += kVectors * 64) {
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; ++i) {
      const void* vector = data + at + i * 64;
      sum[i] = _mm512_add_epi32(sum[i], _mm512_load_si512(vector));
    }
  }
#pragma GCC unroll 8
  for (int i = 1; i < kVectors; ++i) sum[0] = _mm512_add_epi32(sum[0], sum[i]);
  return reinterpret_cast<__v16si>(sum[0])[0];
}

}  // namespace pincer::kernels
