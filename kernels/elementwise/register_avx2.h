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
