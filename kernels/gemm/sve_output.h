// From sums to C, for kernels on SVE: one vector of a tile's channels, group after group. C holds
// the sum of the groups so far.
#pragma once

#include <arm_sve.h>

#include <cstdint>

namespace pincer::kernels {
namespace {

// Where a tile and one of its groups stand.
struct Output {
  const std::uint16_t* w_scale;  // bf16, of the group
  const float* a_scale;          // of the first row and the group
  std::int64_t a_scale_step;     // from row to row
  const float* bias;             // or null
  float* c;
  std::int64_t c_stride;
  std::int64_t rows;
  std::int64_t channels;
  bool first;  // C holds nothing yet
  bool last;   // the bias is to be added
};

// The lanes of vector `v` of the channels that are among the first `count`.
inline svbool_t lanes_below(std::int64_t count, int v) {
  return svwhilelt_b32_s64(v * static_cast<std::int64_t>(svcntw()), count);
}
inline svbool_t written_lanes(const Output& out, int v) { return lanes_below(out.channels, v); }
inline svbool_t held_lanes(const Output& out, int v) {
  return lanes_below(out.first ? 0 : out.channels, v);
}

inline svfloat32_t load_scales(const Output& out, int v) {
  const svuint32_t bf16 = svld1uh_vnum_u32(svptrue_b32(), out.w_scale, v);
  return svreinterpret_f32_u32(svlsl_n_u32_x(svptrue_b32(), bf16, 16));
}

// -0 where there is none: adding that changes nothing, not even another -0.
inline svfloat32_t load_bias(const Output& out, int v) {
  const svbool_t present = lanes_below(out.bias ? out.channels : 0, v);
  return svsel_f32(present, svld1_vnum_f32(present, out.bias, v), svdup_n_f32(-0.0f));
}

// c = sum * scales + what c holds, in the last group + bias, for one row.
template <bool kLast>
inline void add_row(svbool_t written, svbool_t held, svfloat32_t w_scale, svfloat32_t bias,
                    svint32_t sum, float a_scale, float* c) {
  const svbool_t all = svptrue_b32();
  const svfloat32_t scale = svmul_f32_x(all, w_scale, svdup_n_f32(a_scale));
  const svfloat32_t added = svmla_f32_x(all, svld1_f32(held, c), svcvt_f32_s32_x(all, sum), scale);
  svst1_f32(written, c, kLast ? svadd_f32_x(all, added, bias) : added);
}

}  // namespace
}  // namespace pincer::kernels
