// NEON of ARMv8.0 (AArch64): 4 lanes.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "kernels/elementwise/register_xsimd.h"

namespace pincer::kernels {
namespace {

struct NeonRegister : XsimdRegister<xsimd::neon64> {
  static Batch fma(Batch a, Batch b, Batch c) { return vfmaq_f32(c, a, b); }
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
  static void store_bytes(std::int8_t* p, const Bits (&a)[4]) {
    const uint16x8_t low = vcombine_u16(vmovn_u32(a[0]), vmovn_u32(a[1]));
    const uint16x8_t high = vcombine_u16(vmovn_u32(a[2]), vmovn_u32(a[3]));
    vst1q_s8(p, vreinterpretq_s8_u8(vcombine_u8(vmovn_u16(low), vmovn_u16(high))));
  }
};

}  // namespace
}  // namespace pincer::kernels
