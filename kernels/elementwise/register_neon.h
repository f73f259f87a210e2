// NEON of ARMv8.0 (AArch64): 4 lanes.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "kernels/elementwise/register_xsimd.h"

namespace pincer::kernels {
namespace {

struct NeonRegister : XsimdRegister<xsimd::neon64> {
  static Batch fma(Batch a, Batch b, Batch c) { return vfmaq_f32(c, a, b); }
  // One instruction; it prefers numbers to NaN, like the comparison that others have.
  static Batch larger(Batch m, Batch v) { return vmaxnmq_f32(m, v); }
  static Batch divide(Batch a, Batch b) { return vdivq_f32(a, b); }
  // Not xsimd's: on NEON it casts through a table of functions, which are weak symbols without the
  // ISA in their names.
  static Bits to_bits(Batch a) { return vreinterpretq_u32_f32(a); }
  static Batch from_bits(Bits a) { return vreinterpretq_f32_u32(a); }
  static float sum(Batch a) {
    const float32x2_t two = vadd_f32(vget_low_f32(a), vget_high_f32(a));
    return vget_lane_f32(vpadd_f32(two, two), 0);
  }
  static float max(Batch a) { return vmaxvq_f32(a); }
  static std::uint32_t sum_bits(Bits a) { return vaddvq_u32(a); }
  static Batch load_half(const Half* p) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(p))));
  }
  static Batch to_float(Bits a) { return vcvtq_f32_s32(vreinterpretq_s32_u32(a)); }
  static Bits round(Batch a) { return vreinterpretq_u32_s32(vcvtnq_s32_f32(a)); }
  [[gnu::always_inline]] static void store_64_bytes(std::int8_t* low, std::int8_t* high,
                                                    const Bits (&a)[16]) {
    for (int i = 0; i < 4; ++i) {
      vst1q_u8(
          reinterpret_cast<std::uint8_t*>((i < 2 ? low : high) + i % 2 * 16),
          vuzp1q_u8(low_halves(a[4 * i], a[4 * i + 1]), low_halves(a[4 * i + 2], a[4 * i + 3])));
    }
  }
  static constexpr int kHadamardLevels = 2;
  template <int kDistance>
  static Batch swap_lanes(Batch a) {
    static_assert(kDistance == 1 || kDistance == 2);
    if constexpr (kDistance == 1) return vrev64q_f32(a);
    return vextq_f32(a, a, 2);
  }
  template <int kDistance>
  static void pair_lanes(Batch a, Batch b, Batch& low, Batch& high) {
    if constexpr (kDistance == 1) {
      low = vtrn1q_f32(a, b);
      high = vtrn2q_f32(a, b);
    } else {
      low = vcombine_f32(vget_low_f32(a), vget_low_f32(b));
      high = vcombine_f32(vget_high_f32(a), vget_high_f32(b));
    }
  }
  static std::uint32_t mask_bits(Mask mask) {
    static constexpr std::uint32_t kBits[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(mask, vld1q_u32(kBits)));
  }
  // The low bytes of sixteen integers, and the bytes above them.
  static void store_bytes(std::int8_t* p, const Bits (&a)[4]) {
    vst1q_s8(p, vreinterpretq_s8_u8(vuzp1q_u8(low_halves(a[0], a[1]), low_halves(a[2], a[3]))));
  }
  static void store_second_bytes(std::int8_t* p, const Bits (&a)[4]) {
    vst1q_s8(p, vreinterpretq_s8_u8(vuzp2q_u8(low_halves(a[0], a[1]), low_halves(a[2], a[3]))));
  }

 private:
  static uint8x16_t low_halves(uint32x4_t a, uint32x4_t b) {
    return vreinterpretq_u8_u16(vuzp1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b)));
  }
};

}  // namespace
}  // namespace pincer::kernels
