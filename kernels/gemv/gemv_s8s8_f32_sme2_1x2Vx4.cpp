// GEMV on SME2: one row by one panel, 2 vectors of channels.
//
// SDOT adds the products of two vectors of weights and 4 k of the row, taken by lane, to two of
// ZA's vectors. 16 bytes of a row are 4 k-blocks, which have sums of their own: 8 chains. Loads are
// of 4 vectors, the widest that there are.
#include <arm_sme.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/sme_call.h"
#include "pincer/kernels/gemm.h"

#define PINCER_STREAMING __arm_streaming __arm_preserves("za")
#include "kernels/gemm/sve_output.h"

namespace pincer::kernels {
namespace {

[[maybe_unused]] constexpr std::int64_t kKr = 4;
constexpr std::int64_t kStep = 16;  // k per turn of the inner loop

struct Shape {
  const GemmArgs* args;
  const std::uint8_t* w;       // of the first panel
  std::int64_t group;          // k values in a group
  std::int64_t scales_offset;  // from a panel's start, bytes
};

// `group` values of k: the sums of lane i of the row's vectors are in ZA's group of vectors i.
inline void multiply(const std::int8_t* a, const std::int8_t* w,
                     std::int64_t group) __arm_streaming __arm_inout("za") {
  const svbool_t all = svptrue_b8();
  const svcount_t all4 = svptrue_c8();
  svzero_za();
  for (; group > 0; group -= kStep) {
    const svint8_t row = svld1rq_s8(all, a);
    const svint8x4_t w01 = svld1_s8_x4(all4, w), w23 = svld1_vnum_s8_x4(all4, w, 4);
    svdot_lane_za32_s8_vg1x2(0, svcreate2_s8(svget4_s8(w01, 0), svget4_s8(w01, 1)), row, 0);
    svdot_lane_za32_s8_vg1x2(1, svcreate2_s8(svget4_s8(w01, 2), svget4_s8(w01, 3)), row, 1);
    svdot_lane_za32_s8_vg1x2(2, svcreate2_s8(svget4_s8(w23, 0), svget4_s8(w23, 1)), row, 2);
    svdot_lane_za32_s8_vg1x2(3, svcreate2_s8(svget4_s8(w23, 2), svget4_s8(w23, 3)), row, 3);
    a += kStep;
    w += 8 * svcntb();
  }
}

template <int kVector>
inline svint32_t sum_of_lanes() __arm_streaming __arm_inout("za") {
  const svbool_t all = svptrue_b32();
  const svint32_t s0 = svget2_s32(svread_za32_s32_vg1x2(0), kVector);
  const svint32_t s1 = svget2_s32(svread_za32_s32_vg1x2(1), kVector);
  const svint32_t s2 = svget2_s32(svread_za32_s32_vg1x2(2), kVector);
  const svint32_t s3 = svget2_s32(svread_za32_s32_vg1x2(3), kVector);
  return svadd_s32_x(all, svadd_s32_x(all, s0, s1), svadd_s32_x(all, s2, s3));
}

inline void compute_panel(const Shape& s, const std::uint8_t* w, const std::int8_t* a,
                          const float* a_scale, const float* bias, float* c,
                          std::int64_t channels) __arm_streaming __arm_inout("za") {
  const auto lanes = static_cast<std::int64_t>(svcntw());
  const auto* quants = reinterpret_cast<const std::int8_t*>(w);
  const auto* scales = reinterpret_cast<const std::uint16_t*>(w + s.scales_offset);
  svfloat32_t acc0 = svdup_n_f32(0.0f), acc1 = acc0;
  for (std::int64_t g = 0; g < s.args->a.groups; ++g) {
    multiply(a, quants, s.group);
    acc0 = add_scaled(acc0, sum_of_lanes<0>(), load_scales(scales, 0), a_scale[g]);
    acc1 = add_scaled(acc1, sum_of_lanes<1>(), load_scales(scales, 1), a_scale[g]);
    a += s.group;
    quants += s.group * 2 * lanes;
    scales += 2 * lanes;
  }
  const svbool_t all = svptrue_b32();
  acc0 = svadd_f32_x(all, acc0, load_bias(bias, channels, 0));
  acc1 = svadd_f32_x(all, acc1, load_bias(bias, channels, 1));
  svst1_f32(lanes_below(channels, 0), c, acc0);
  svst1_vnum_f32(lanes_below(channels, 1), c, 1, acc1);
}

// All rows and panels. Functions of the ordinary mode are not called from here.
__arm_new("za") void compute(const void* shape) __arm_streaming {
  const Shape& s = *static_cast<const Shape*>(shape);
  const GemmArgs& args = *s.args;
  const PackedHeader& header = *args.w.header;
  const std::int64_t nr = 2 * static_cast<std::int64_t>(svcntw());
  for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
    const std::uint8_t* w = s.w;
    for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
      const std::int64_t column = panel * nr;
      compute_panel(s, w, args.a.q + m * args.a.stride, args.a.scale + m * args.a.groups,
                    args.bias ? args.bias + column : nullptr, args.c + m * args.c_stride + column,
                    header.n - column);
      w += header.panel_bytes;
    }
  }
}

}  // namespace

void gemv_s8s8_f32_sme2_1x2Vx4(const GemmArgs& args) noexcept {
  const Layout& layout = args.w.header->layout;
  const std::int64_t k_padded = args.w.k_padded();
  const Shape s{.args = &args,
                .w = args.w.panel(args.panel_begin),
                .group = layout.group ? layout.group : k_padded,
                .scales_offset = k_padded * layout.nr};
  assert(layout.nr == 2 * svcntsw() && layout.kr == kKr && layout.offset == 0 && layout.bits == 8);
  assert(s.group % kStep == 0 && args.a.ir == 1 && args.a.stride >= k_padded);
  call_streaming(compute, &s);
}

}  // namespace pincer::kernels
