// AVX2 with FMA: 8 lanes.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/elementwise/register_xsimd.h"
#include "kernels/elementwise/x86_reduce.h"

namespace pincer::kernels {
namespace {

struct Avx2Register : XsimdRegister<xsimd::fma3<xsimd::avx2>> {
  static Batch fma(Batch a, Batch b, Batch c) { return _mm256_fmadd_ps(a, b, c); }
  static Batch divide(Batch a, Batch b) { return _mm256_div_ps(a, b); }
  static Batch larger(Batch m, Batch v) { return _mm256_max_ps(v, m); }
  static float sum(Batch a) { return sum_of_lanes(__m256(a)); }
  static float max(Batch a) { return max_of_lanes(__m256(a)); }
  static std::uint32_t sum_bits(Bits a) { return sum_of_lanes(__m256i(a)); }
  static Batch load_half(const Half* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static Batch to_float(Bits a) { return _mm256_cvtepi32_ps(a); }
  static Bits round(Batch a) { return _mm256_cvtps_epi32(a); }
  [[gnu::always_inline]] static void store_64_bytes(std::int8_t* low, std::int8_t* high,
                                                    const Bits (&a)[8]) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);  // packing is per half
    for (int i = 0; i < 2; ++i) {
      const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(a[4 * i], a[4 * i + 1]),
                                                _mm256_packs_epi32(a[4 * i + 2], a[4 * i + 3]));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(i == 0 ? low : high),
                          _mm256_permutevar8x32_epi32(packed, order));
    }
  }
  static constexpr int kHadamardLevels = 2;
  template <int kDistance>
  static Batch swap_lanes(Batch a) {
    static_assert(kDistance == 1 || kDistance == 2 || kDistance == 4);
    if constexpr (kDistance == 4) return _mm256_permute2f128_ps(a, a, 1);
    return _mm256_permute_ps(a, kDistance == 1 ? 0xb1 : 0x4e);
  }
  template <int kDistance>
  static void pair_lanes(Batch a, Batch b, Batch& low, Batch& high) {
    constexpr int kSecond = kDistance == 1 ? 0xaa : kDistance == 2 ? 0xcc : 0xf0;
    low = _mm256_blend_ps(a, b, kSecond);
    high = swap_lanes<kDistance>(_mm256_blend_ps(b, a, kSecond));
  }
  static std::uint32_t mask_bits(Mask mask) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(mask));
  }
  static void store_bytes(std::int8_t* p, const Bits (&a)[2]) {
    const __m256i low_byte = _mm256_set1_epi32(0xff);
    const __m256i words =
        _mm256_packus_epi32(_mm256_and_si256(a[0], low_byte), _mm256_and_si256(a[1], low_byte));
    const __m256i ordered = _mm256_permute4x64_epi64(words, 0xd8);  // packing is per half
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(p),
        _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1)));
  }
};

}  // namespace
}  // namespace pincer::kernels
