// How a GEMM on SVE is cut: group by group of tiles of up to 8 rows by one panel.
#pragma once

#include <arm_sve.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/sve_output.h"
#include "kernels/gemm/sve_weights.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kRows = 8;
constexpr std::int64_t kStep = 16;  // k per turn of the inner loop

// What is the same for every tile of a call.
struct Shape {
  std::int64_t groups;
  std::int64_t group;  // k values in a group
  std::int64_t nr;
  std::int64_t scales_offset;  // from a panel's start, bytes
  std::int64_t a_stride;       // bytes from interleaved rows to the next
  std::int64_t c_stride;
};

// Pointers to a tile's first row and its panel.
struct Tile {
  const std::int8_t* a;
  const float* a_scale;
  const std::uint8_t* w;
  const float* bias;  // or null
  float* c;
  std::int64_t rows;      // to write, at least 1
  std::int64_t channels;  // to write, at least 1
};

// compute(shape, tile, group) for all of them. `ir` rows are interleaved, kr k at a time; a k-block
// of a panel is `vectors` vectors.
template <class W, class Compute>
inline void for_each_group(const GemmArgs& args, std::int64_t ir, std::int64_t kr,
                           std::int64_t vectors, const Compute& compute) {
  const Layout& layout = args.w.layout();
  Shape s;
  s.groups = args.a.groups;
  s.group = layout.group ? layout.group : args.w.k_padded();
  s.nr = static_cast<std::int64_t>(svcntb()) * vectors / kr;
  s.scales_offset = args.w.quant_bytes();
  s.a_stride = args.a.stride * ir;
  s.c_stride = args.c_stride;
  assert_layout<W>(args, s.nr, kr, kStep);
  assert(args.a.ir == ir && args.m_begin % ir == 0);
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
    const std::int64_t column = panel * s.nr;
    Tile t;
    t.w = args.w.panel(panel);
    t.bias = args.bias ? args.bias + column : nullptr;
    t.channels = args.w.n() - column;
    for (std::int64_t m = args.m_begin; m < args.m_end; m += kRows) {
      t.a = args.a.q + m * args.a.stride;
      t.a_scale = args.a.scale + m * s.groups;
      t.c = args.c + m * args.c_stride + column;
      t.rows = args.m_end - m < kRows ? args.m_end - m : kRows;
      for (std::int64_t g = 0; g < s.groups; ++g) compute(s, t, g);
    }
  }
}

}  // namespace
}  // namespace pincer::kernels
