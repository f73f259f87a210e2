// GEMV on SVE over the panels of int8 matrix products. In every 16 bytes their weights are 2
// channels x 8 k: a dot product with the same 8 k of the row in both halves leaves 2 sums for each
// channel.
#pragma once

#include "kernels/gemv/sve_panels.h"

namespace pincer::kernels {
namespace {

template <class W>
struct Block8 {
  using Weights = W;
  [[maybe_unused]] static constexpr int kKr = 8;

  template <int kHalf>
  static void multiply(const std::int8_t* w, svint8_t k16, svint32_t& s0, svint32_t& s1,
                       svint32_t& s2, svint32_t& s3, svint32_t& s4, svint32_t& s5) {
    const svint8_t a = svreinterpret_s8_s64(svdup_lane_s64(svreinterpret_s64_s8(k16), kHalf));
    s0 = svdot_s32(s0, W::load(w, kHalf, 6, 0), a);
    s1 = svdot_s32(s1, W::load(w, kHalf, 6, 1), a);
    s2 = svdot_s32(s2, W::load(w, kHalf, 6, 2), a);
    s3 = svdot_s32(s3, W::load(w, kHalf, 6, 3), a);
    s4 = svdot_s32(s4, W::load(w, kHalf, 6, 4), a);
    s5 = svdot_s32(s5, W::load(w, kHalf, 6, 5), a);
  }

  template <int kV>
  static svint32_t sum(svint32_t s0, svint32_t s1, svint32_t s2, svint32_t s3, svint32_t s4,
                       svint32_t s5) {
    const svint32_t a = kV == 0 ? s0 : kV == 1 ? s2 : s4;
    const svint32_t b = kV == 0 ? s1 : kV == 1 ? s3 : s5;
    return svadd_s32_x(svptrue_b32(), svuzp1_s32(a, b), svuzp2_s32(a, b));
  }
};

}  // namespace
}  // namespace pincer::kernels
