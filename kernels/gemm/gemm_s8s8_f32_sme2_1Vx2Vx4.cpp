// GEMM on SME2 for scales by groups of k: tiles of one vector of rows by one panel, 2 vectors of
// channels.
//
// After every group the sums have to be scaled and added up, which costs more than the products.
// Half of ZA's tiles hold the group's integers and the other half the floats of all groups, so that
// nothing leaves the registers, and four rows at a time are converted and added. With one scale
// for a channel there is nothing to win: SMOPA is the limit, and the kernel for SME does it all.
#include <arm_sme.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/sme_call.h"
#include "pincer/kernels/gemm.h"

#define PINCER_STREAMING __arm_streaming __arm_preserves("za")
#include "kernels/gemm/sve_output.h"

namespace pincer::kernels {

void gemm_s8s8_f32_sme_2Vx2Vx4(const GemmArgs& args) noexcept;

namespace {

[[maybe_unused]] constexpr std::int64_t kKr = 4;
constexpr std::int64_t kStep = 16;         // k per turn of the inner loop
constexpr std::uint64_t kIntegers = 0x33;  // tiles 0 and 1 of int32, as a mask of those of 64 bits

struct Shape {
  const GemmArgs* args;
  const std::uint8_t* w;       // of the first panel
  std::int64_t scales_offset;  // from a panel's start, bytes
};

// `group` values of k, into tiles 0 and 1.
inline void multiply(const std::int8_t* a, const std::int8_t* w,
                     std::int64_t group) __arm_streaming __arm_inout("za") {
  const svbool_t all = svptrue_b8();
  const svcount_t all4 = svptrue_c8();
  svzero_mask_za(kIntegers);
  for (; group > 0; group -= kStep) {
    const svint8x4_t rows = svld1_s8_x4(all4, a);
    const svint8x4_t w01 = svld1_s8_x4(all4, w), w23 = svld1_vnum_s8_x4(all4, w, 4);
    svmopa_za32_s8_m(0, all, all, svget4_s8(rows, 0), svget4_s8(w01, 0));
    svmopa_za32_s8_m(1, all, all, svget4_s8(rows, 0), svget4_s8(w01, 1));
    svmopa_za32_s8_m(0, all, all, svget4_s8(rows, 1), svget4_s8(w01, 2));
    svmopa_za32_s8_m(1, all, all, svget4_s8(rows, 1), svget4_s8(w01, 3));
    svmopa_za32_s8_m(0, all, all, svget4_s8(rows, 2), svget4_s8(w23, 0));
    svmopa_za32_s8_m(1, all, all, svget4_s8(rows, 2), svget4_s8(w23, 1));
    svmopa_za32_s8_m(0, all, all, svget4_s8(rows, 3), svget4_s8(w23, 2));
    svmopa_za32_s8_m(1, all, all, svget4_s8(rows, 3), svget4_s8(w23, 3));
    a += 4 * svcntb();
    w += 8 * svcntb();
  }
}

// ZA's vector 4 i + t is row i of tile t; a group of four vectors are those a quarter of ZA apart:
// rows i, i + lanes / 4, ... of the same tile. Adds four rows of tile t to those of tile t + 2.
inline void add_rows(std::uint32_t vector, svfloat32_t w_scale, float a0, float a1, float a2,
                     float a3) __arm_streaming __arm_inout("za") {
  const svbool_t all = svptrue_b32();
  const svfloat32x4_t sums = svcvt_f32_s32_x4(svread_za32_s32_vg1x4(vector));
  const svfloat32x4_t scales =
      svcreate4_f32(svmul_n_f32_x(all, w_scale, a0), svmul_n_f32_x(all, w_scale, a1),
                    svmul_n_f32_x(all, w_scale, a2), svmul_n_f32_x(all, w_scale, a3));
  svmla_za32_f32_vg1x4(vector + 2, sums, scales);
}

// All rows of a group: `a_scale` of the first row, `step` apart. With kPart some of a tile's rows
// do not exist, nor do their scales; the last that there is stands in.
template <bool kPart>
inline void add_group(const std::uint16_t* w_scale, const float* a_scale, std::int64_t step,
                      std::int64_t rows) __arm_streaming __arm_inout("za") {
  const svfloat32_t scale0 = load_scales(w_scale, 0), scale1 = load_scales(w_scale, 1);
  const std::int64_t quarter = static_cast<std::int64_t>(svcntw()) / 4;
  for (std::int64_t row = 0; row < quarter; ++row) {
    std::int64_t r1 = row + quarter, r2 = r1 + quarter, r3 = r2 + quarter, r0 = row;
    if constexpr (kPart) {
      r0 = r0 < rows ? r0 : rows - 1;
      r1 = r1 < rows ? r1 : rows - 1;
      r2 = r2 < rows ? r2 : rows - 1;
      r3 = r3 < rows ? r3 : rows - 1;
    }
    const float a0 = a_scale[r0 * step], a1 = a_scale[r1 * step];
    const float a2 = a_scale[r2 * step], a3 = a_scale[r3 * step];
    add_rows(static_cast<std::uint32_t>(4 * row), scale0, a0, a1, a2, a3);
    add_rows(static_cast<std::uint32_t>(4 * row + 1), scale1, a0, a1, a2, a3);
  }
}

inline void store(const float* bias, float* c, std::int64_t c_stride, std::int64_t rows,
                  std::int64_t channels) __arm_streaming __arm_inout("za") {
  const svbool_t all = svptrue_b32();
  const svbool_t written0 = lanes_below(channels, 0), written1 = lanes_below(channels, 1);
  const svfloat32_t bias0 = load_bias(bias, channels, 0), bias1 = load_bias(bias, channels, 1);
  for (std::int64_t row = 0; row < rows; ++row, c += c_stride) {
    const auto slice = static_cast<std::uint32_t>(row);
    const svfloat32_t sum0 = svread_hor_za32_f32_m(svundef_f32(), all, 2, slice);
    const svfloat32_t sum1 = svread_hor_za32_f32_m(svundef_f32(), all, 3, slice);
    svst1_f32(written0, c, svadd_f32_x(all, sum0, bias0));
    svst1_vnum_f32(written1, c, 1, svadd_f32_x(all, sum1, bias1));
  }
}

// Rows m .. m + rows - 1 by the panel at `w`, whose first channel is `column`.
inline void compute_tile(const Shape& s, const std::uint8_t* w, std::int64_t column, std::int64_t m,
                         std::int64_t rows) __arm_streaming __arm_inout("za") {
  const GemmArgs& args = *s.args;
  const PackedHeader& header = *args.w.header;
  const auto lanes = static_cast<std::int64_t>(svcntw());
  const std::int64_t group = header.layout.group, groups = args.a.groups;
  const std::int8_t* a = args.a.q + m * args.a.stride;
  const auto* quants = reinterpret_cast<const std::int8_t*>(w);
  const auto* w_scale = reinterpret_cast<const std::uint16_t*>(w + s.scales_offset);
  const float* a_scale = args.a.scale + m * groups;
  svzero_za();
  for (std::int64_t g = 0; g < groups; ++g) {
    multiply(a, quants, group);
    if (rows == lanes) {
      add_group<false>(w_scale, a_scale + g, groups, rows);
    } else {
      add_group<true>(w_scale, a_scale + g, groups, rows);
    }
    a += group * lanes;
    quants += group * 2 * lanes;
    w_scale += 2 * lanes;
  }
  store(args.bias ? args.bias + column : nullptr, args.c + m * args.c_stride + column,
        args.c_stride, rows, header.n - column);
}

// All tiles. Functions of the ordinary mode are not called from here.
__arm_new("za") void compute(const void* shape) __arm_streaming {
  const Shape& s = *static_cast<const Shape*>(shape);
  const GemmArgs& args = *s.args;
  const auto lanes = static_cast<std::int64_t>(svcntw());
  const std::uint8_t* w = s.w;
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
    for (std::int64_t m = args.m_begin; m < args.m_end; m += lanes) {
      const std::int64_t rows = args.m_end - m < lanes ? args.m_end - m : lanes;
      compute_tile(s, w, panel * 2 * lanes, m, rows);
    }
    w += args.w.header->panel_bytes;
  }
}

}  // namespace

void gemm_s8s8_f32_sme2_1Vx2Vx4(const GemmArgs& args) noexcept {
  const Layout& layout = args.w.header->layout;
  if (layout.group == 0) return gemm_s8s8_f32_sme_2Vx2Vx4(args);
  const Shape s{.args = &args,
                .w = args.w.panel(args.panel_begin),
                .scales_offset = args.w.k_padded() * layout.nr};
  assert(layout.nr == 2 * svcntsw() && layout.kr == kKr && layout.offset == 0 && layout.bits == 8);
  assert(layout.group % kStep == 0 && args.m_begin % args.a.ir == 0);
  assert(args.a.ir == static_cast<std::int64_t>(svcntsw()));
  call_streaming(compute, &s);
}

}  // namespace pincer::kernels
