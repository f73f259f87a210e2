// GEMM on NEON with 8-bit matrix products: tiles of up to 8 rows by one panel of 12 channels.
//
// 8 rows are interleaved as the channels of a panel are. SMMLA multiplies two rows by two channels
// over 8 k, so a k-block is 4 vectors of rows, 6 of channels, and 24 products. A vector of sums is
// 2 x 2: two channels of one row, then of the next. The float sums of the groups live in memory and
// are touched once per group.
#pragma once

#include <arm_neon.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/neon_tile.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kRows = 8;
constexpr std::int64_t kNr = 12;
constexpr std::int64_t kKr = 8;
constexpr int kPairs = 6;            // of channels in a panel
constexpr std::int64_t kBlocks = 4;  // of k, per turn of the inner loop: the smallest group

// kM pairs of rows.
template <int kM>
using Accumulators = int32x4_t[kM][kPairs];

// k-block `block` of 8, from where a turn of the inner loop begins.
template <class W, int kM>
inline void multiply_block(const std::int8_t* a, const std::int8_t* w, int block,
                           Accumulators<kM>& acc) {
  // Vectors that are neighbours in memory are loaded one after the other: pairs become one
  // instruction.
  int8x16_t rows[kM];
#pragma GCC unroll 4
  for (int m = 0; m < kM; ++m) rows[m] = vld1q_s8(a + block * kRows * kKr + m * 16);
#pragma GCC unroll 3
  for (int v = 0; v < kPairs; v += 2) {
    const int8x16_t even = W::load(w, block, kPairs, v), odd = W::load(w, block, kPairs, v + 1);
#pragma GCC unroll 4
    for (int m = 0; m < kM; ++m) acc[m][v] = vmmlaq_s32(acc[m][v], rows[m], even);
#pragma GCC unroll 4
    for (int m = 0; m < kM; ++m) acc[m][v + 1] = vmmlaq_s32(acc[m][v + 1], rows[m], odd);
  }
}

// Zeroes the accumulators, then adds a group's products: `k` is a multiple of kBlocks blocks.
template <class W, int kM>
inline void multiply_group(const std::int8_t* a, const std::int8_t* w, std::int64_t k,
                           Accumulators<kM>& acc) {
#pragma GCC unroll 4
  for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 6
    for (int v = 0; v < kPairs; ++v) acc[m][v] = vdupq_n_s32(0);
  }
  const std::int8_t* const end = a + k * kRows;
  do {
#pragma GCC unroll 4
    for (int b = 0; b < kBlocks; ++b) {
      multiply_block<W, kM>(a, w, b, acc);
      // There are no registers that keep the bytes of two k-blocks from the first to the second.
      if constexpr (W::kBits == 4) w = own_pointer(w);
    }
    a += kBlocks * kRows * kKr;
    w += bytes_of<W>(kBlocks * kKr, kNr);
  } while (a != end);
}

inline float32x4_t twice(float32x2_t pair) { return vcombine_f32(pair, pair); }

// sums[v][m] += the group's integers times their scales.
template <class W, int kM>
inline void add_group(const Accumulators<kM>& acc, const std::uint8_t* w_scales,
                      const float32x4_t (&row_scales)[2], float* sums) {
  // Row 2m twice, then row 2m + 1 twice.
  float32x4_t a_scale[kM];
#pragma GCC unroll 4
  for (int m = 0; m < kM; ++m) {
    const float32x4_t four = row_scales[m / 2];
    a_scale[m] = m % 2 == 0 ? vzip1q_f32(four, four) : vzip2q_f32(four, four);
  }
#pragma GCC unroll 3
  for (int v = 0; v < kPairs; v += 2, sums += 8 * kM) {
    const float32x4_t four = load_scales(w_scales + v * 4);
    const float32x4_t w_scale[2] = {twice(vget_low_f32(four)), twice(vget_high_f32(four))};
#pragma GCC unroll 4
    for (int m = 0; m < kM; ++m) {
      float* const even = sums + m * 8;
      float32x4_t even_sum = vld1q_f32(even), odd_sum = vld1q_f32(even + 4);
      const float32x4_t even_scale = vmulq_f32(w_scale[0], a_scale[m]);
      const float32x4_t odd_scale = vmulq_f32(w_scale[1], a_scale[m]);
      even_sum = vfmaq_f32(even_sum, W::to_float(acc[m][v]), even_scale);
      odd_sum = vfmaq_f32(odd_sum, W::to_float(acc[m][v + 1]), odd_scale);
      vst1q_f32(even, even_sum);
      vst1q_f32(even + 4, odd_sum);
      memory_order();
    }
  }
}

// Pair m of rows: 4 channels of each from two neighbours.
template <int kM>
inline void store_pair(const Tile& t, int m, const float* sums) {
  float32x4_t first[kPairs / 2], second[kPairs / 2];
#pragma GCC unroll 3
  for (int v = 0; v < kPairs / 2; ++v) {
    const float* const pairs = sums + (v * kM + m) * 8;
    const float64x2_t even = vreinterpretq_f64_f32(vld1q_f32(pairs));
    const float64x2_t odd = vreinterpretq_f64_f32(vld1q_f32(pairs + 4));
    first[v] = vreinterpretq_f32_f64(vzip1q_f64(even, odd));
    second[v] = vreinterpretq_f32_f64(vzip2q_f64(even, odd));
  }
  float* const c = t.c + 2 * m * t.c_stride;
  store_row(c, t.bias, first, t.channels);
  if (2 * m + 1 < t.rows) store_row(c + t.c_stride, t.bias, second, t.channels);
}

// kM pairs of rows are computed, t.rows rows stored.
template <class W, int kM>
void compute_tile(const Tile& t) {
  // [pair of channels / 2][pair of rows][pair of channels % 2][2 x 2]
  alignas(16) float sums[kPairs * kM * 4];
  for (float* p = sums; p < sums + kPairs * kM * 4; p += 4) vst1q_f32(p, vdupq_n_f32(0.0f));
  stays_in_memory(sums);
  const RowScales<2 * kM> row_scales(t);
  for (std::int64_t g = 0; g < t.groups; ++g) {
    Accumulators<kM> acc;
    multiply_group<W, kM>(t.a + g * t.group * kRows, t.w + bytes_of<W>(g * t.group, kNr), t.group,
                          acc);
    float32x4_t a_scales[2];
    row_scales.load(g, a_scales);
    add_group<W, kM>(acc, t.w_scale + g * kNr * 2, a_scales, sums);
  }
  for (int m = 0; m < kM; ++m) store_pair<kM>(t, m, sums);
}

template <class W>
void compute_rows(const Tile& t) {
  switch ((t.rows + 1) / 2) {
    case 1:
      return compute_tile<W, 1>(t);
    case 2:
      return compute_tile<W, 2>(t);
    case 3:
      return compute_tile<W, 3>(t);
    default:
      return compute_tile<W, 4>(t);
  }
}

template <class W>
inline void i8mm_gemm(const GemmArgs& args) {
  assert_layout<W>(args, kNr, kKr, kBlocks * kKr);
  for_each_tile<kRows, kRows>(args, compute_rows<W>);
}

}  // namespace
}  // namespace pincer::kernels
