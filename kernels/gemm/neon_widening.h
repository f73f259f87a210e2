// 8-bit products on NEON without dot products.
//
// SMULL and SMLAL2 add two products into 16 bits, SADALP adds pairs of those to 32 bits. Weights
// are never -128, so two products, at most 2 * 128 * 127, fit.
#pragma once

#include <arm_neon.h>

#include <cstdint>

namespace pincer::kernels {
namespace {

inline int16x8_t multiply_16(int8x16_t row, int8x16_t w) {
  return vmlal_high_s8(vmull_s8(vget_low_s8(row), vget_low_s8(w)), row, w);
}

// 16 k of one row and one channel, in four partial sums: the first of a group, and further ones.
template <bool kFirst>
inline void dot_16(int8x16_t row, int8x16_t w, int32x4_t& sums) {
  const int16x8_t products = multiply_16(row, w);
  sums = kFirst ? vpaddlq_s16(products) : vpadalq_s16(sums, products);
}

// Four channels' partial sums, added up.
inline int32x4_t add_up(const int32x4_t (&sums)[4]) {
  return vpaddq_s32(vpaddq_s32(sums[0], sums[1]), vpaddq_s32(sums[2], sums[3]));
}

}  // namespace
}  // namespace pincer::kernels
