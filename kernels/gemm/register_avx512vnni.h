// The operations of vnni_tile.h on 512-bit registers.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace pincer::kernels {
namespace {

struct Avx512VnniRegister {
  using Int = __m512i;
  using Float = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kRegisters = 32;

  static Int load(const std::uint8_t* from) { return _mm512_loadu_si512(from); }
  // Of every byte, in place.
  static Int low_nibbles(Int v) { return _mm512_and_si512(v, _mm512_set1_epi8(15)); }
  static Int high_nibbles(Int v) { return _mm512_and_si512(v, _mm512_set1_epi8(-16)); }
  // Conversions and shifts as vector operations: gcc 12 warns of uninitialized values inside its
  // own intrinsics for them.
  static Int shift_right(Int v, int bits) {
    return reinterpret_cast<Int>(reinterpret_cast<__v16su>(v) >> bits);
  }
  static Int shift_left(Int v, int bits) {
    return reinterpret_cast<Int>(reinterpret_cast<__v16su>(v) << bits);
  }
  static Int shift_right_signed(Int v, int bits) {
    return reinterpret_cast<Int>(reinterpret_cast<__v16si>(v) >> bits);
  }
  static Int add(Int a, Int b) { return _mm512_add_epi32(a, b); }
  static constexpr int kPairBlocks = 0;
  static Int broadcast(std::int32_t value) { return _mm512_set1_epi32(value); }
  // acc + the four products of each lane: unsigned bytes by signed ones.
  static Int dot(Int acc, Int w, Int a) { return _mm512_dpbusd_epi32(acc, w, a); }

  static Float zero() { return _mm512_setzero_ps(); }
  static Float broadcast(float value) { return _mm512_set1_ps(value); }
  static Float to_float(Int v) {
    return __builtin_convertvector(reinterpret_cast<__v16si>(v), __v16sf);
  }
  static Float load_scales(const std::uint8_t* bf16) {
    const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bf16));
    // Masked for the same reason.
    return _mm512_castsi512_ps(shift_left(_mm512_maskz_cvtepu16_epi32(0xffff, half), 16));
  }
  static Float multiply(Float a, Float b) { return _mm512_mul_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm512_fmadd_ps(a, b, c); }
  static Float add(Float a, Float b) { return _mm512_add_ps(a, b); }

  // The first `lanes` lanes; all when there are more.
  static Float load_first(const float* from, std::int64_t lanes) {
    return _mm512_maskz_loadu_ps(first(lanes), from);
  }
  static void store_first(float* to, std::int64_t lanes, Float v) {
    _mm512_mask_storeu_ps(to, first(lanes), v);
  }
  static __mmask16 first(std::int64_t lanes) {
    return lanes >= kLanes ? 0xffff : static_cast<__mmask16>((1u << lanes) - 1);
  }
};

}  // namespace
}  // namespace pincer::kernels
