// What the NEON kernels of gemm/ and gemv/ share: a tile's operands, scales, and how results leave.
//
// In an anonymous namespace, so that every file that includes this has its own, compiled for its
// own instruction set.
#pragma once

#include <arm_neon.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/neon_weights.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

// Some rows by one panel. `a` is the first row's, or its interleaved block's, first byte.
struct Tile {
  const std::int8_t* a;
  std::int64_t a_stride;  // bytes
  const float* a_scale;   // [rows][groups]
  const std::int8_t* w;
  const std::uint8_t* w_scale;  // bf16 [groups][nr]
  std::int64_t groups;
  std::int64_t group;  // k values in a group
  const float* bias;   // or null
  float* c;
  std::int64_t c_stride;
  std::int64_t channels;  // to write, at least 1
  std::int64_t rows;      // to write, at least 1
};

// 4 and 8 scales, bf16 to float.
inline float32x4_t load_scales(const std::uint8_t* bf16) {
  const uint16x4_t half = vreinterpret_u16_u8(vld1_u8(bf16));
  return vreinterpretq_f32_u32(vshll_n_u16(half, 16));
}
inline void load_8_scales(const std::uint8_t* bf16, float32x4_t& low, float32x4_t& high) {
  const uint16x8_t half = vreinterpretq_u16_u8(vld1q_u8(bf16));
  low = vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(half), 16));
  high = vreinterpretq_f32_u32(vshll_high_n_u16(half, 16));
}
// The scales of kM <= 8 rows of a tile. Rows that do not exist have those of the last one that
// does.
template <int kM>
class RowScales {
 public:
  explicit RowScales(const Tile& t) {
    for (int m = 0; m < kM; ++m) row_[m] = t.a_scale + (m < t.rows ? m : t.rows - 1) * t.groups;
  }
  // Row m of group g in lane m % 4 of vector m / 4.
  void load(std::int64_t g, float32x4_t (&scales)[2]) const {
#pragma GCC unroll 2
    for (int m = 0; m < kM; m += 4) {
      scales[m / 4] = vld1q_dup_f32(row_[m] + g);
      scales[m / 4] = vld1q_lane_f32(row_[m + 1] + g, scales[m / 4], 1);
      if (m + 2 == kM) break;
      scales[m / 4] = vld1q_lane_f32(row_[m + 2] + g, scales[m / 4], 2);
      scales[m / 4] = vld1q_lane_f32(row_[m + 3] + g, scales[m / 4], 3);
      // Else clang 19 takes the vector apart again, into a register for each row.
      __asm__("" : "+w"(scales[m / 4]));
    }
  }

 private:
  const float* row_[kM];
};

// `lane` is constant where this is inlined.
inline float32x4_t scale_by_lane(float32x4_t value, float32x4_t scales, int lane) {
  switch (lane) {
    case 0:
      return vmulq_laneq_f32(value, scales, 0);
    case 1:
      return vmulq_laneq_f32(value, scales, 1);
    case 2:
      return vmulq_laneq_f32(value, scales, 2);
    default:
      return vmulq_laneq_f32(value, scales, 3);
  }
}

// Sums that do not fit into registers beside the integers: without these, compilers keep them there
// all the same and spill what the inner loop needs.
inline void stays_in_memory(const float* sums) { __asm__ volatile("" : : "r"(sums) : "memory"); }
inline void memory_order() { __asm__ volatile("" : : : "memory"); }

// One row of a result: kVectors * 4 channels, or as many of them as there are.
template <int kVectors>
inline void store_row(float* c, const float* bias, float32x4_t (&row)[kVectors],
                      std::int64_t channels) {
  constexpr std::int64_t kNr = kVectors * 4;
  if (channels >= kNr) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      if (bias) row[v] = vaddq_f32(row[v], vld1q_f32(bias + v * 4));
      vst1q_f32(c + v * 4, row[v]);
    }
    return;
  }
  float values[kNr];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) vst1q_f32(values + v * 4, row[v]);
  for (std::int64_t i = 0; i < channels; ++i) c[i] = bias ? values[i] + bias[i] : values[i];
}

// The same pointer, of which the compiler does not know how it came about: it then adds constants
// to it, and not several variables; and it loads again what it loaded from it before.
template <class T>
inline const T* own_pointer(const T* p) {
  __asm__("" : "+r"(p));
  return p;
}

// Panels of nr channels and kr consecutive k, in groups of a multiple of `step` k values.
template <class W>
inline void assert_layout([[maybe_unused]] const GemmArgs& args, [[maybe_unused]] std::int64_t nr,
                          [[maybe_unused]] std::int64_t kr, [[maybe_unused]] std::int64_t step) {
  [[maybe_unused]] const Layout& layout = args.w.layout();
  assert(layout.nr == nr && layout.kr == kr && layout.offset == 0 && layout.bits == W::kBits);
  assert(layout.group % step == 0 && layout.k_align % step == 0);
  assert(W::kBits == 8 || layout.group != 0 || args.w.k_padded() <= kMaxNibbleGroup);
  assert(args.a.stride >= args.w.k_padded());
}

// The operands of row m and `panel`.
inline Tile tile_at(const GemmArgs& args, std::int64_t panel, std::int64_t m) {
  const Layout& layout = args.w.layout();
  const std::int64_t k_padded = args.w.k_padded(), column = panel * layout.nr;
  Tile t;
  t.a = args.a.q + m * args.a.stride;
  t.a_stride = args.a.stride;
  t.a_scale = args.a.scale + m * args.a.groups;
  t.w = reinterpret_cast<const std::int8_t*>(args.w.panel(panel));
  t.w_scale = args.w.panel(panel) + args.w.quant_bytes();
  t.groups = args.a.groups;
  t.group = layout.group ? layout.group : k_padded;
  t.bias = args.bias ? args.bias + column : nullptr;
  t.c = args.c + m * args.c_stride + column;
  t.c_stride = args.c_stride;
  t.channels = args.w.n() - column;
  t.rows = 1;
  return t;
}

// Cuts the call into tiles of up to kRows rows by a panel. kIr: rows that are interleaved.
template <std::int64_t kRows, std::int64_t kIr, class Compute>
inline void for_each_tile(const GemmArgs& args, const Compute& compute) {
  assert(args.a.ir == kIr && args.m_begin % kIr == 0);
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
    Tile t = tile_at(args, panel, args.m_begin);
    for (std::int64_t left = args.m_end - args.m_begin; left > 0; left -= kRows) {
      t.rows = left < kRows ? left : kRows;
      compute(t);
      t.a += kRows * t.a_stride;
      t.a_scale += kRows * t.groups;
      t.c += kRows * t.c_stride;
    }
  }
}

}  // namespace
}  // namespace pincer::kernels
