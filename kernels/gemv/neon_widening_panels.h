// GEMV on NEON without dot products: one row by four panels of 4 channels.
//
// Four panels at once share the loads of the row and give each of their channels its own sums.
#pragma once

#include <arm_neon.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/neon_tile.h"
#include "kernels/gemm/neon_widening.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kNr = 4;
constexpr std::int64_t kKr = 16;
constexpr std::int64_t kStep = 32;  // k per turn of the inner loop: the smallest group

template <int kPanels>
using Accumulators = int32x4_t[kPanels][kNr];

// kStep k of all panels.
template <class W, bool kFirst, int kPanels>
inline void dot_step(const std::int8_t* a, const std::int8_t* w, std::int64_t stride,
                     Accumulators<kPanels>& acc) {
  const int8x16_t low = vld1q_s8(a), high = vld1q_s8(a + kKr);
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p, w += stride) {
#pragma GCC unroll 2
    for (int n = 0; n < kNr; n += 2) {
      const int8x16_t even = W::load(w, 0, kNr, n), odd = W::load(w, 0, kNr, n + 1);
      dot_16<kFirst>(low, even, acc[p][n]);
      dot_16<kFirst>(low, odd, acc[p][n + 1]);
    }
#pragma GCC unroll 2
    for (int n = 0; n < kNr; n += 2) {
      const int8x16_t even = W::load(w, 1, kNr, n), odd = W::load(w, 1, kNr, n + 1);
      dot_16<false>(high, even, acc[p][n]);
      dot_16<false>(high, odd, acc[p][n + 1]);
    }
  }
}

// kPanels panels, `stride` bytes apart, from t.w on.
template <class W, int kPanels>
void compute_panels(const Tile& t, std::int64_t stride) {
  float32x4_t sum[kPanels];
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) sum[p] = vdupq_n_f32(0.0f);
  const std::int8_t* a = t.a;
  const std::int8_t* w = t.w;
  for (std::int64_t g = 0; g < t.groups; ++g) {
    Accumulators<kPanels> acc;
    dot_step<W, true, kPanels>(a, w, stride, acc);
    std::int64_t k = t.group;
    while (a += kStep, w += bytes_of<W>(kStep, kNr), k -= kStep, k != 0) {
      dot_step<W, false, kPanels>(a, w, stride, acc);
    }
    const std::uint8_t* const w_scale = t.w_scale + g * kNr * 2;
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
      const float32x4_t scale = vmulq_n_f32(load_scales(w_scale + p * stride), t.a_scale[g]);
      sum[p] = vfmaq_f32(sum[p], W::to_float(add_up(acc[p])), scale);
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
    float32x4_t row[1] = {sum[p]};
    store_row(t.c + p * kNr, t.bias ? t.bias + p * kNr : nullptr, row, t.channels - p * kNr);
  }
}

template <class W>
inline void widening_gemv(const GemmArgs& args) {
  assert_layout<W>(args, kNr, kKr, kStep);
  assert(args.a.ir == 1);
  const auto stride = static_cast<std::int64_t>(args.w.header->panel_bytes);
  for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
    std::int64_t panel = args.panel_begin;
    for (; panel + 4 <= args.panel_end; panel += 4) {
      compute_panels<W, 4>(tile_at(args, panel, m), stride);
    }
    for (; panel < args.panel_end; ++panel) compute_panels<W, 1>(tile_at(args, panel, m), stride);
  }
}

}  // namespace
}  // namespace pincer::kernels
