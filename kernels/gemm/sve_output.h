// From sums to C, for kernels on SVE: one vector of a tile's channels at a time. Files for SME's
// streaming mode, which has these instructions as well, define PINCER_STREAMING as the attribute.
#pragma once

#include <arm_sve.h>

#include <cstdint>

#ifndef PINCER_STREAMING
#define PINCER_STREAMING
#endif

namespace pincer::kernels {
namespace {

// The lanes of vector `v` of the channels that are among the first `count`.
inline svbool_t lanes_below(std::int64_t count, int v) PINCER_STREAMING {
  return svwhilelt_b32_s64(v * static_cast<std::int64_t>(svcntw()), count);
}

// bf16 to float.
inline svfloat32_t load_scales(const std::uint16_t* w_scale, int v) PINCER_STREAMING {
  const svuint32_t bf16 = svld1uh_vnum_u32(svptrue_b32(), w_scale, v);
  return svreinterpret_f32_u32(svlsl_n_u32_x(svptrue_b32(), bf16, 16));
}

// -0 where there is none: adding that changes nothing, not even another -0.
inline svfloat32_t load_bias(const float* bias, std::int64_t channels, int v) PINCER_STREAMING {
  const svbool_t present = lanes_below(bias ? channels : 0, v);
  return svsel_f32(present, svld1_vnum_f32(present, bias, v), svdup_n_f32(-0.0f));
}

// One group: acc + float(sum) * (w_scale * a_scale).
inline svfloat32_t add_scaled(svfloat32_t acc, svint32_t sum, svfloat32_t w_scale,
                              float a_scale) PINCER_STREAMING {
  const svbool_t all = svptrue_b32();
  const svfloat32_t scale = svmul_f32_x(all, w_scale, svdup_n_f32(a_scale));
  return svmla_f32_x(all, acc, svcvt_f32_s32_x(all, sum), scale);
}

// One row's vector of channels in one group: C holds what `held` says of the groups before.
template <bool kLast>
inline void add_row(svbool_t written, svbool_t held, svfloat32_t w_scale, svfloat32_t bias,
                    svint32_t sum, float a_scale, float* c) PINCER_STREAMING {
  const svfloat32_t added = add_scaled(svld1_f32(held, c), sum, w_scale, a_scale);
  svst1_f32(written, c, kLast ? svadd_f32_x(svptrue_b32(), added, bias) : added);
}

}  // namespace
}  // namespace pincer::kernels
