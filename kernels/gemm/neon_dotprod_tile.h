// GEMM on NEON with dot products: tiles of up to 8 rows by one panel of 12 channels.
//
// 8 rows are interleaved as the channels of a panel are, so that both operands of a k-block are
// contiguous: 2 vectors of rows, 3 of channels, and 24 SDOT that multiply 4 channels by one lane,
// a row. 24 accumulators leave 8 registers for operands. The float sums of the groups live in
// memory and are touched once per group.
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
constexpr std::int64_t kKr = 4;
constexpr int kVectors = 3;          // of 4 channels in a panel
constexpr std::int64_t kBlocks = 8;  // of k, per turn of the inner loop: the smallest group

template <int kM>
using Accumulators = int32x4_t[kM][kVectors];

// Two neighbours in memory, which one instruction loads.
struct Pair {
  int8x16_t first, second;
};
inline Pair load_pair(const std::int8_t* p) { return {vld1q_s8(p), vld1q_s8(p + 16)}; }

// One k-block of vector v of channels: lane by lane, the rows.
template <int kM>
inline void dot_vector(const Pair& rows, int8x16_t w, int v, Accumulators<kM>& acc) {
  acc[0][v] = vdotq_laneq_s32(acc[0][v], w, rows.first, 0);
  acc[1][v] = vdotq_laneq_s32(acc[1][v], w, rows.first, 1);
  if constexpr (kM > 2) {
    acc[2][v] = vdotq_laneq_s32(acc[2][v], w, rows.first, 2);
    acc[3][v] = vdotq_laneq_s32(acc[3][v], w, rows.first, 3);
  }
  if constexpr (kM > 4) {
    acc[4][v] = vdotq_laneq_s32(acc[4][v], w, rows.second, 0);
    acc[5][v] = vdotq_laneq_s32(acc[5][v], w, rows.second, 1);
  }
  if constexpr (kM > 6) {
    acc[6][v] = vdotq_laneq_s32(acc[6][v], w, rows.second, 2);
    acc[7][v] = vdotq_laneq_s32(acc[7][v], w, rows.second, 3);
  }
}

// Two k-blocks: 3 pairs of vectors of channels, each loaded just before it is needed.
template <class W, int kM>
inline void dot_two_blocks(const std::int8_t* a, const std::int8_t* w, Accumulators<kM>& acc) {
  const Pair even = load_pair(a);
  const int8x16_t even0 = W::load(w, 0, kVectors, 0), even1 = W::load(w, 0, kVectors, 1);
  dot_vector<kM>(even, even0, 0, acc);
  dot_vector<kM>(even, even1, 1, acc);
  const int8x16_t even2 = W::load(w, 0, kVectors, 2), odd0 = W::load(w, 1, kVectors, 0);
  dot_vector<kM>(even, even2, 2, acc);
  const Pair odd = load_pair(a + kRows * kKr);
  dot_vector<kM>(odd, odd0, 0, acc);
  const int8x16_t odd1 = W::load(w, 1, kVectors, 1), odd2 = W::load(w, 1, kVectors, 2);
  dot_vector<kM>(odd, odd1, 1, acc);
  dot_vector<kM>(odd, odd2, 2, acc);
}

// Zeroes the accumulators, then adds a group's products: blocks of k, a multiple of kBlocks.
template <class W, int kM>
inline void dot_group(const std::int8_t* a, const std::int8_t* w, std::int64_t k,
                      Accumulators<kM>& acc) {
#pragma GCC unroll 8
  for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) acc[m][v] = vdupq_n_s32(0);
  }
  const std::int8_t* const end = a + k * kRows;
  do {
#pragma GCC unroll 4
    for (int b = 0; b < kBlocks; b += 2) {
      dot_two_blocks<W, kM>(a + b * kRows * kKr, w + bytes_of<W>(b * kKr, kNr), acc);
    }
    a += kBlocks * kRows * kKr;
    w += bytes_of<W>(kBlocks * kKr, kNr);
  } while (a != end);
}

// sums[v][m] += the group's integers times their scales.
template <class W, int kM>
inline void add_group(const Accumulators<kM>& acc, const std::uint8_t* w_scales,
                      const float32x4_t (&a_scales)[2], float* sums) {
#pragma GCC unroll 3
  for (int v = 0; v < kVectors; ++v) {
    const float32x4_t w_scale = load_scales(w_scales + v * 8);
#pragma GCC unroll 4
    for (int m = 0; m < kM; m += 2, sums += 8) {
      const float32x4_t even_scale = scale_by_lane(w_scale, a_scales[m / 4], m % 4);
      const float32x4_t odd_scale = scale_by_lane(w_scale, a_scales[m / 4], m % 4 + 1);
      float32x4_t even = vld1q_f32(sums), odd = vld1q_f32(sums + 4);
      even = vfmaq_f32(even, W::to_float(acc[m][v]), even_scale);
      odd = vfmaq_f32(odd, W::to_float(acc[m + 1][v]), odd_scale);
      vst1q_f32(sums, even);
      vst1q_f32(sums + 4, odd);
      memory_order();
    }
  }
}

// kM, even, is the number of rows that are computed, t.rows of them stored.
template <class W, int kM>
void compute_tile(const Tile& t) {
  // [vector][row][channel], so that neighbours are touched one after the other.
  alignas(16) float sums[kVectors * kM * 4];
  for (float* p = sums; p < sums + kVectors * kM * 4; p += 4) vst1q_f32(p, vdupq_n_f32(0.0f));
  stays_in_memory(sums);
  const RowScales<kM> row_scales(t);
  for (std::int64_t g = 0; g < t.groups; ++g) {
    Accumulators<kM> acc;
    dot_group<W, kM>(t.a + g * t.group * kRows, t.w + bytes_of<W>(g * t.group, kNr), t.group, acc);
    float32x4_t a_scales[2];
    row_scales.load(g, a_scales);
    add_group<W, kM>(acc, t.w_scale + g * kNr * 2, a_scales, sums);
  }
  for (std::int64_t m = 0; m < t.rows; ++m) {
    float32x4_t row[kVectors];
    for (int v = 0; v < kVectors; ++v) row[v] = vld1q_f32(sums + (v * kM + m) * 4);
    store_row(t.c + m * t.c_stride, t.bias, row, t.channels);
  }
}

template <class W>
void compute_rows(const Tile& t) {
  switch ((t.rows + 1) / 2) {
    case 1:
      return compute_tile<W, 2>(t);
    case 2:
      return compute_tile<W, 4>(t);
    case 3:
      return compute_tile<W, 6>(t);
    default:
      return compute_tile<W, 8>(t);
  }
}

template <class W>
inline void dotprod_gemm(const GemmArgs& args) {
  assert_layout<W>(args, kNr, kKr, kBlocks * kKr);
  for_each_tile<kRows, kRows>(args, compute_rows<W>);
}

}  // namespace
}  // namespace pincer::kernels
