// What the NEON GEMVs that read panels of 12 channels share: everything but the dot products.
#pragma once

#include <arm_neon.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/neon_tile.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kNr = 12;
constexpr int kVectors = 3;         // of 4 channels in a panel
constexpr std::int64_t kStep = 32;  // k per turn of the inner loop: the smallest group

// Moves `a` and the panels' pointers on by one group of k values; its sums are in
// out[0 .. kPanels - 1][0].
template <class Dot, int kPanels, int kSplit>
inline void dot_group(const std::int8_t*& a, const std::int8_t* (&w)[kPanels], std::int64_t group,
                      int32x4_t (&out)[kPanels][kSplit][kVectors]) {
  using W = typename Dot::Weights;
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 4
    for (int s = 0; s < kSplit; ++s) {
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) out[p][s][v] = vdupq_n_s32(0);
    }
  }
  do {
#pragma GCC unroll 4
    for (int chunk = 0; chunk < kStep / Dot::kChunk; ++chunk) {
      const auto row = Dot::load(a + chunk * Dot::kChunk);
#pragma GCC unroll 4
      for (int p = 0; p < kPanels; ++p) {
        Dot::template add<kSplit>(w[p] + bytes_of<W>(chunk * Dot::kChunk, kNr), row, chunk, out[p]);
      }
    }
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) w[p] = own_pointer(w[p] + bytes_of<W>(kStep, kNr));
    a = own_pointer(a + kStep);
    group -= kStep;
  } while (group != 0);
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 3
    for (int s = 1; s < kSplit; ++s) {
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) out[p][0][v] = vaddq_s32(out[p][0][v], out[p][s][v]);
    }
  }
}

// kPanels panels, `stride` bytes apart, from t.w on.
template <class Dot, int kPanels, int kSplit>
void compute_panels(const Tile& t, std::int64_t stride) {
  float32x4_t sum[kPanels][kVectors];
  const std::int8_t* a = t.a;
  const std::int8_t* w[kPanels];
  const std::uint8_t* w_scale[kPanels];
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) sum[p][v] = vdupq_n_f32(0.0f);
    w[p] = t.w + p * stride;
    w_scale[p] = t.w_scale + p * stride;
  }
  for (std::int64_t g = 0; g < t.groups; ++g) {
    int32x4_t acc[kPanels][kSplit][kVectors];
    dot_group<Dot, kPanels, kSplit>(a, w, t.group, acc);
    const float a_scale = t.a_scale[g];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
      float32x4_t scales[kVectors];
      load_8_scales(w_scale[p], scales[0], scales[1]);
      w_scale[p] = own_pointer(w_scale[p] + 16);
      scales[2] = load_scales(w_scale[p]);
      w_scale[p] = own_pointer(w_scale[p] + 8);
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) {
        const float32x4_t scale = vmulq_n_f32(scales[v], a_scale);
        sum[p][v] = vfmaq_f32(sum[p][v], Dot::Weights::to_float(acc[p][0][v]), scale);
      }
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
    store_row(t.c + p * kNr, t.bias ? t.bias + p * kNr : nullptr, sum[p], t.channels - p * kNr);
  }
}

// Row by row, four panels at a time: they share the loads of the row and make 12 chains of sums,
// which hide the latency of the dot products. With fewer panels there are as many chains: k-block i
// of a panel adds to sums i % kSplit.
//
// Dot::Weights is one of neon_weights.h, Dot::kChunk is the k values of one row operand,
// Dot::load(a) makes it, and Dot::add<kSplit>(w, row, chunk, sums) adds a panel's products with it.
template <class Dot>
inline void gemv_panels_of_12(const GemmArgs& args) {
  assert_layout<typename Dot::Weights>(args, kNr, Dot::kKr, kStep);
  assert(args.a.ir == 1);
  const auto stride = static_cast<std::int64_t>(args.w.header->panel_bytes);
  for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
    std::int64_t panel = args.panel_begin;
    for (; panel + 4 <= args.panel_end; panel += 4) {
      compute_panels<Dot, 4, 1>(tile_at(args, panel, m), stride);
    }
    for (; panel + 2 <= args.panel_end; panel += 2) {
      compute_panels<Dot, 2, 2>(tile_at(args, panel, m), stride);
    }
    if (panel < args.panel_end) compute_panels<Dot, 1, 4>(tile_at(args, panel, m), stride);
  }
}

}  // namespace
}  // namespace pincer::kernels
