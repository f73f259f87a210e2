// GEMV on SVE over the panels of dot products: k-blocks take turns in two sets of sums.
#pragma once

#include "kernels/gemv/sve_panels.h"

namespace pincer::kernels {
namespace {

template <class W>
struct Block4 {
  using Weights = W;
  [[maybe_unused]] static constexpr int kKr = 4;

  template <int kHalf>
  static void multiply(const std::int8_t* w, svint8_t k16, svint32_t& s0, svint32_t& s1,
                       svint32_t& s2, svint32_t& s3, svint32_t& s4, svint32_t& s5) {
    s0 = svdot_lane_s32(s0, W::load(w, kHalf * 2, 3, 0), k16, kHalf * 2);
    s1 = svdot_lane_s32(s1, W::load(w, kHalf * 2, 3, 1), k16, kHalf * 2);
    s2 = svdot_lane_s32(s2, W::load(w, kHalf * 2, 3, 2), k16, kHalf * 2);
    s3 = svdot_lane_s32(s3, W::load(w, kHalf * 2 + 1, 3, 0), k16, kHalf * 2 + 1);
    s4 = svdot_lane_s32(s4, W::load(w, kHalf * 2 + 1, 3, 1), k16, kHalf * 2 + 1);
    s5 = svdot_lane_s32(s5, W::load(w, kHalf * 2 + 1, 3, 2), k16, kHalf * 2 + 1);
  }

  template <int kV>
  static svint32_t sum(svint32_t s0, svint32_t s1, svint32_t s2, svint32_t s3, svint32_t s4,
                       svint32_t s5) {
    const svint32_t even = kV == 0 ? s0 : kV == 1 ? s1 : s2;
    const svint32_t odd = kV == 0 ? s3 : kV == 1 ? s4 : s5;
    return svadd_s32_x(svptrue_b32(), even, odd);
  }
};

}  // namespace
}  // namespace pincer::kernels
