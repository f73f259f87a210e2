// GEMM on NEON without dot products: tiles of up to 4 rows by one panel of 4 channels.
//
// Rows are interleaved as channels are, 16 k of each, so that a k-block is 4 vectors of rows, 4 of
// channels, and 16 products of vectors. Each of those has its own sums.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "kernels/gemm/neon_tile.h"
#include "kernels/gemm/neon_widening.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kRows = 4;
constexpr std::int64_t kNr = 4;
constexpr std::int64_t kKr = 16;
constexpr std::int64_t kStep = 32;  // k per turn of the inner loop: the smallest group

template <int kM>
using Accumulators = int32x4_t[kM][kNr];

// k-block `block` of a step.
template <class W, bool kFirst, int kM>
inline void dot_block(const std::int8_t* a, const std::int8_t* w, int block,
                      Accumulators<kM>& acc) {
  a += block * kRows * kKr;
  int8x16_t weights[kNr];
#pragma GCC unroll 4
  for (int n = 0; n < kNr; ++n) weights[n] = W::load(w, block, kNr, n);
#pragma GCC unroll 2
  for (int m = 0; m < kM; m += 2) {
    const int8x16_t even = vld1q_s8(a + m * kKr), odd = vld1q_s8(a + m * kKr + kKr);
#pragma GCC unroll 4
    for (int n = 0; n < kNr; ++n) dot_16<kFirst>(even, weights[n], acc[m][n]);
#pragma GCC unroll 4
    for (int n = 0; n < kNr; ++n) dot_16<kFirst>(odd, weights[n], acc[m + 1][n]);
  }
}

// Moves `a` and `w` on by a group of k values, whose sums it gives.
template <class W, int kM>
inline void dot_group(const std::int8_t*& a, const std::int8_t*& w, std::int64_t k,
                      Accumulators<kM>& acc) {
  dot_block<W, true, kM>(a, w, 0, acc);
  dot_block<W, false, kM>(a, w, 1, acc);
  while (a += kStep * kRows, w += bytes_of<W>(kStep, kNr), k -= kStep, k != 0) {
    dot_block<W, false, kM>(a, w, 0, acc);
    dot_block<W, false, kM>(a, w, 1, acc);
  }
}

// kM, even, is the number of rows that are computed, t.rows of them stored.
template <class W, int kM>
void compute_tile(const Tile& t) {
  const RowScales<kM> row_scales(t);
  float32x4_t sum[kM];
#pragma GCC unroll 4
  for (int m = 0; m < kM; ++m) sum[m] = vdupq_n_f32(0.0f);
  const std::int8_t* a = t.a;
  const std::int8_t* w = t.w;
  for (std::int64_t g = 0; g < t.groups; ++g) {
    Accumulators<kM> acc;
    dot_group<W, kM>(a, w, t.group, acc);
    float32x4_t a_scales[2];
    row_scales.load(g, a_scales);
    const float32x4_t w_scale = load_scales(t.w_scale + g * kNr * 2);
#pragma GCC unroll 4
    for (int m = 0; m < kM; ++m) {
      const float32x4_t scale = scale_by_lane(w_scale, a_scales[0], m);
      sum[m] = vfmaq_f32(sum[m], W::to_float(add_up(acc[m])), scale);
    }
  }
#pragma GCC unroll 4
  for (int m = 0; m < kM; ++m) {
    if (m == t.rows) break;
    float32x4_t row[1] = {sum[m]};
    store_row(t.c + m * t.c_stride, t.bias, row, t.channels);
  }
}

template <class W>
void compute_rows(const Tile& t) {
  return t.rows <= 2 ? compute_tile<W, 2>(t) : compute_tile<W, 4>(t);
}

template <class W>
inline void widening_gemm(const GemmArgs& args) {
  assert_layout<W>(args, kNr, kKr, kStep);
  for_each_tile<kRows, kRows>(args, compute_rows<W>);
}

}  // namespace
}  // namespace pincer::kernels
