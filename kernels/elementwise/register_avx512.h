// AVX-512 (F, BW, DQ, VL): 16 lanes.
//
// Masks of ones and vector builtins stand where gcc 12 warns of an uninitialized operand inside the
// plain intrinsic.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/elementwise/register_xsimd.h"
#include "kernels/elementwise/x86_reduce.h"

namespace pincer::kernels {
namespace {

struct Avx512Register : XsimdRegister<xsimd::avx512bw> {
  static Batch fma(Batch a, Batch b, Batch c) { return _mm512_fmadd_ps(a, b, c); }
  static Batch divide(Batch a, Batch b) { return _mm512_div_ps(a, b); }
  static Batch larger(Batch m, Batch v) { return _mm512_maskz_max_ps(0xffff, v, m); }
  template <int kShift>
  static Bits shift_right(Bits a) {
    return _mm512_maskz_srli_epi32(0xffff, a, kShift);
  }
  template <int kShift>
  static Bits shift_left(Bits a) {
    return _mm512_maskz_slli_epi32(0xffff, a, kShift);
  }
  static float sum(Batch a) { return sum_of_lanes(_mm256_add_ps(low(a), high(a))); }
  static float max(Batch a) { return max_of_lanes(_mm256_max_ps(low(a), high(a))); }
  static std::uint32_t sum_bits(Bits a) {
    const __m512 bits = _mm512_castsi512_ps(a);
    return sum_of_lanes(
        _mm256_add_epi32(_mm256_castps_si256(low(bits)), _mm256_castps_si256(high(bits))));
  }
  static Batch load_half(const Half* p) {
    return _mm512_maskz_cvtph_ps(0xffff, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Batch to_float(Bits a) {
    return __builtin_convertvector(reinterpret_cast<__v16si>(__m512i(a)), __v16sf);
  }
  static Bits round(Batch a) { return _mm512_maskz_cvtps_epi32(0xffff, a); }
  [[gnu::always_inline]] static void store_64_bytes(std::int8_t* first, std::int8_t* second,
                                                    const Bits (&a)[4]) {
    const __m512i packed =
        _mm512_packs_epi16(_mm512_packs_epi32(a[0], a[1]), _mm512_packs_epi32(a[2], a[3]));
    // Packing is per quarter: four bytes of each input.
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512 bytes = _mm512_castsi512_ps(_mm512_maskz_permutexvar_epi32(0xffff, order, packed));
    _mm256_storeu_ps(reinterpret_cast<float*>(first), low(bytes));
    _mm256_storeu_ps(reinterpret_cast<float*>(second), high(bytes));
  }
  static constexpr int kHadamardLevels = 3;
  template <int kDistance>
  static Batch swap_lanes(Batch a) {
    static_assert(kDistance == 1 || kDistance == 2 || kDistance == 4 || kDistance == 8);
    if constexpr (kDistance == 1) return _mm512_maskz_permute_ps(0xffff, a, 0xb1);
    if constexpr (kDistance == 2) return _mm512_maskz_permute_ps(0xffff, a, 0x4e);
    constexpr int kOrder = kDistance == 4 ? 0xb1 : 0x4e;  // of quarters
    return _mm512_maskz_shuffle_f32x4(0xffff, a, a, kOrder);
  }
  template <int kDistance>
  static void pair_lanes(Batch a, Batch b, Batch& low, Batch& high) {
    constexpr __mmask16 kSecond = kDistance == 1   ? 0xaaaa
                                  : kDistance == 2 ? 0xcccc
                                  : kDistance == 4 ? 0xf0f0
                                                   : 0xff00;
    low = _mm512_mask_blend_ps(kSecond, a, b);
    high = swap_lanes<kDistance>(_mm512_mask_blend_ps(kSecond, b, a));
  }
  static std::uint32_t mask_bits(Mask mask) { return __mmask16(mask); }
  static void store_bytes(std::int8_t* p, const Bits (&a)[1]) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_maskz_cvtepi32_epi8(0xffff, a[0]));
  }
  // The low and the high byte of 64 floats, rounded to integers 0 .. 65535: half the work of
  // storing bytes of sixteen at a time.
  static void store_byte_pairs(std::int8_t* hi, std::int8_t* lo, const Batch (&a)[4]) {
    const __m512i first = words(a[0], a[1]), second = words(a[2], a[3]);
    const __m512i low_byte = _mm512_set1_epi16(0xff);
    // Packing is per quarter of a register: quarter i has fours i of each of the four.
    const __m512i in_order =
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i low =
        _mm512_packus_epi16(_mm512_and_si512(first, low_byte), _mm512_and_si512(second, low_byte));
    const __m512i high =
        _mm512_packus_epi16(_mm512_srli_epi16(first, 8), _mm512_srli_epi16(second, 8));
    _mm512_storeu_si512(lo, _mm512_maskz_permutexvar_epi32(0xffff, in_order, low));
    _mm512_storeu_si512(hi, _mm512_maskz_permutexvar_epi32(0xffff, in_order, high));
  }
  // gcc would read an operand from memory once per row, and a 64-byte load takes as long as the
  // multiplication it feeds.
  static void keep(Batch& a) { __asm__("" : "+v"(a.data)); }

 private:
  static __m512i words(__m512 a, __m512 b) {
    return _mm512_packus_epi32(_mm512_maskz_cvtps_epi32(0xffff, a),
                               _mm512_maskz_cvtps_epi32(0xffff, b));
  }
  static __m256 low(__m512 a) { return __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7); }
  static __m256 high(__m512 a) {
    return __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15);
  }
};

}  // namespace
}  // namespace pincer::kernels
