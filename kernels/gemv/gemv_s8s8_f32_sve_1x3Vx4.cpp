// GEMV on SVE over the panels of dot products: k-blocks take turns in two sets of sums.
#include "kernels/gemv/sve_panels.h"

namespace pincer::kernels {
namespace {

struct Block4 {
  [[maybe_unused]] static constexpr int kKr = 4;

  template <int kHalf>
  static void multiply(const std::int8_t* w, svint8_t k16, svint32_t& s0, svint32_t& s1,
                       svint32_t& s2, svint32_t& s3, svint32_t& s4, svint32_t& s5) {
    const svbool_t all = svptrue_b8();
    s0 = svdot_lane_s32(s0, svld1_vnum_s8(all, w, kHalf * 6), k16, kHalf * 2);
    s1 = svdot_lane_s32(s1, svld1_vnum_s8(all, w, kHalf * 6 + 1), k16, kHalf * 2);
    s2 = svdot_lane_s32(s2, svld1_vnum_s8(all, w, kHalf * 6 + 2), k16, kHalf * 2);
    s3 = svdot_lane_s32(s3, svld1_vnum_s8(all, w, kHalf * 6 + 3), k16, kHalf * 2 + 1);
    s4 = svdot_lane_s32(s4, svld1_vnum_s8(all, w, kHalf * 6 + 4), k16, kHalf * 2 + 1);
    s5 = svdot_lane_s32(s5, svld1_vnum_s8(all, w, kHalf * 6 + 5), k16, kHalf * 2 + 1);
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

void gemv_s8s8_f32_sve_1x3Vx4(const GemmArgs& args) noexcept { multiply_rows<Block4>(args); }

}  // namespace pincer::kernels
