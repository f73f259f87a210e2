// GEMV on SVE: one row by two panels of 3 vectors of channels. Two panels at a time make 12 chains,
// which hide the latency of SDOT, and share the row's vectors.
//
// A Block says how 16 k of a panel, 12 vectors of its Weights (sve_weights.h), meet 16 k of the
// row:
//   multiply<half>(w, k16, s0 .. s5)   6 vectors, from w on, added to 6 vectors of sums
//   sum<v>(s0 .. s5)                   the sums of vector v of the channels
#pragma once

#include <arm_sve.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/sve_output.h"
#include "kernels/gemm/sve_weights.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kStep = 16;  // k per turn of the inner loop
constexpr int kTurnVectors = 12;    // of a panel

// What is the same for all panels of a row.
struct Row {
  const std::int8_t* a;
  const float* a_scale;  // [groups]
  std::int64_t groups;
  std::int64_t group;  // k values in a group
  std::int64_t nr;
  std::int64_t scales_offset;  // from a panel's start, bytes
};

struct Panel {
  const std::uint8_t* w;
  const float* bias;  // or null
  float* c;
  std::int64_t channels;  // to write, at least 1
};

inline svfloat32_t add_group(const Row& r, const Panel& p, std::int64_t g, int v, svfloat32_t acc,
                             svint32_t sum) {
  const auto* scales = reinterpret_cast<const std::uint16_t*>(p.w + r.scales_offset) + g * r.nr;
  return add_scaled(acc, sum, load_scales(scales, v), r.a_scale[g]);
}

inline void store(const Panel& p, int v, svfloat32_t acc) {
  const svfloat32_t bias = load_bias(p.bias, p.channels, v);
  svst1_vnum_f32(lanes_below(p.channels, v), p.c, v, svadd_f32_x(svptrue_b32(), acc, bias));
}

// Panels p and, with kTwo, q.
template <class Block, bool kTwo>
void multiply_panels(const Row& r, const Panel& p, const Panel& q) {
  using W = typename Block::Weights;
  const svint32_t zero = svdup_n_s32(0);
  svfloat32_t pf0 = svdup_n_f32(0.0f), pf1 = pf0, pf2 = pf0, qf0 = pf0, qf1 = pf0, qf2 = pf0;
  const std::int8_t* a = r.a;
  const auto* pw = reinterpret_cast<const std::int8_t*>(p.w);
  const auto* qw = reinterpret_cast<const std::int8_t*>(q.w);
  for (std::int64_t g = 0; g < r.groups; ++g) {
    svint32_t p0 = zero, p1 = zero, p2 = zero, p3 = zero, p4 = zero, p5 = zero;
    svint32_t q0 = zero, q1 = zero, q2 = zero, q3 = zero, q4 = zero, q5 = zero;
    std::int64_t left = r.group;
    do {
      const svint8_t k16 = svld1rq_s8(svptrue_b8(), a);
      Block::template multiply<0>(pw, k16, p0, p1, p2, p3, p4, p5);
      if constexpr (kTwo) Block::template multiply<0>(qw, k16, q0, q1, q2, q3, q4, q5);
      Block::template multiply<1>(pw, k16, p0, p1, p2, p3, p4, p5);
      if constexpr (kTwo) Block::template multiply<1>(qw, k16, q0, q1, q2, q3, q4, q5);
      a += kStep;
      pw += kTurnVectors * W::kBits / 8 * svcntb();
      qw += kTurnVectors * W::kBits / 8 * svcntb();
      left -= kStep;
    } while (left > 0);
    pf0 = add_group(r, p, g, 0, pf0, W::sum(Block::template sum<0>(p0, p1, p2, p3, p4, p5)));
    pf1 = add_group(r, p, g, 1, pf1, W::sum(Block::template sum<1>(p0, p1, p2, p3, p4, p5)));
    pf2 = add_group(r, p, g, 2, pf2, W::sum(Block::template sum<2>(p0, p1, p2, p3, p4, p5)));
    if constexpr (kTwo) {
      qf0 = add_group(r, q, g, 0, qf0, W::sum(Block::template sum<0>(q0, q1, q2, q3, q4, q5)));
      qf1 = add_group(r, q, g, 1, qf1, W::sum(Block::template sum<1>(q0, q1, q2, q3, q4, q5)));
      qf2 = add_group(r, q, g, 2, qf2, W::sum(Block::template sum<2>(q0, q1, q2, q3, q4, q5)));
    }
  }
  store(p, 0, pf0);
  store(p, 1, pf1);
  store(p, 2, pf2);
  if constexpr (kTwo) {
    store(q, 0, qf0);
    store(q, 1, qf1);
    store(q, 2, qf2);
  }
}

template <class Block>
void multiply_rows(const GemmArgs& args) {
  const PackedHeader& header = *args.w.header;
  const Layout& layout = header.layout;
  const std::int64_t k_padded = args.w.k_padded();
  Row r;
  r.groups = args.a.groups;
  r.group = layout.group ? layout.group : k_padded;
  r.nr = 3 * static_cast<std::int64_t>(svcntw());
  r.scales_offset = args.w.quant_bytes();
  assert_layout<typename Block::Weights>(args, r.nr, Block::kKr, kStep);
  assert(args.a.ir == 1);
  for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
    r.a = args.a.q + m * args.a.stride;
    r.a_scale = args.a.scale + m * r.groups;
    const auto panel_at = [&](std::int64_t panel) {
      const std::int64_t column = panel * r.nr;
      return Panel{args.w.panel(panel), args.bias ? args.bias + column : nullptr,
                   args.c + m * args.c_stride + column, header.n - column};
    };
    std::int64_t panel = args.panel_begin;
    for (; panel + 2 <= args.panel_end; panel += 2) {
      multiply_panels<Block, true>(r, panel_at(panel), panel_at(panel + 1));
    }
    if (panel < args.panel_end) {
      multiply_panels<Block, false>(r, panel_at(panel), panel_at(panel));
    }
  }
}

}  // namespace
}  // namespace pincer::kernels
