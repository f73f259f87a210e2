// The operations of vnni_tile.h on 256-bit registers without vpdpbusd, for 4-bit weights.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace pincer::kernels {
namespace {

struct Avx2ProductRegister {
  using Int = __m256i;
  using Float = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kRegisters = 16;

  static Int load(const std::uint8_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  // Of every byte, in place.
  static Int low_nibbles(Int v) { return _mm256_and_si256(v, _mm256_set1_epi8(15)); }
  static Int high_nibbles(Int v) { return _mm256_and_si256(v, _mm256_set1_epi8(-16)); }
  static Int shift_right(Int v, int bits) { return _mm256_srli_epi32(v, bits); }
  static Int shift_right_signed(Int v, int bits) { return _mm256_srai_epi32(v, bits); }
  static Int add(Int a, Int b) { return _mm256_add_epi32(a, b); }
  static Int broadcast(std::int32_t value) { return _mm256_set1_epi32(value); }

  // A turn adds up in 16 bits, each of which holds two of the four products of a lane: at most 2 *
  // 15 * 128 a k-block, so that 8 fit.
  static constexpr int kPairBlocks = 8;
  static Int dot(Int pairs, Int w, Int a) {
    Int sum = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(w, a));
    // Else gcc regroups the sums of a turn until their terms find no registers.
    __asm__("" : "+x"(sum));
    return sum;
  }
  static Int add_pairs(Int acc, Int pairs) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }

  static Float zero() { return _mm256_setzero_ps(); }
  static Float broadcast(float value) { return _mm256_set1_ps(value); }
  static Float to_float(Int v) { return _mm256_cvtepi32_ps(v); }
  static Float load_scales(const std::uint8_t* bf16) {
    const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bf16));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
  }
  static Float multiply(Float a, Float b) { return _mm256_mul_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm256_fmadd_ps(a, b, c); }
  static Float add(Float a, Float b) { return _mm256_add_ps(a, b); }

  // The first `lanes` lanes; all when there are more, none when there are none.
  static Float load_first(const float* from, std::int64_t lanes) {
    return _mm256_maskload_ps(from, first(lanes));
  }
  static void store_first(float* to, std::int64_t lanes, Float v) {
    _mm256_maskstore_ps(to, first(lanes), v);
  }
  static __m256i first(std::int64_t lanes) {
    const int count = lanes > kLanes ? kLanes : static_cast<int>(lanes);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};

}  // namespace
}  // namespace pincer::kernels
