// Few rows: tiles of up to 4 rows by 4 panels of 16 channels.
//
// Few rows are bound by reading the weights. Four panels side by side are four streams for the
// hardware prefetchers; with more than 4 rows every pass over the weights of four panels, which are
// in the L2 cache by then, also fetches its part of the next four, so that memory does not rest
// while rows 5 and later are computed.
#pragma once

#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {
namespace {

constexpr int kRows = 4;
constexpr int kPanels = 4;

// What pass `pass` of `passes` fetches of the panels at `next`: two of them in each of two passes,
// or, when there are more passes, one in each of the first four.
inline void look_ahead(const Shape& s, const std::uint8_t* next, std::int64_t pass,
                       std::int64_t passes, Tile& t) {
  const std::int64_t each = passes < kPanels ? 2 : 1;
  if (pass * each >= kPanels) return;
  t.ahead[0] = next + pass * each * s.panel_bytes;
  t.ahead[1] = t.ahead[0] + (each - 1) * s.panel_bytes;
}

template <class R, class W>
void compute_few(const GemmArgs& args) {
  const Shape s = shape_of<W>(args);
  const std::int64_t passes = (args.m_end - args.m_begin + kRows - 1) / kRows;
  std::int64_t panel = args.panel_begin;
  for (; args.panel_end - panel >= kPanels; panel += kPanels) {
    const bool more = passes > 1 && args.panel_end - panel >= 2 * kPanels;
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      const std::int64_t m = args.m_begin + pass * kRows;
      Tile t = tile_at(args, s, m, panel, kPanels);
      if (more) {
        look_ahead(s, args.w.panel(panel + kPanels), pass, passes, t);
        compute_rows<R, W, kRows, kPanels, Fetch::two>(s, t, args.m_end - m);
      } else {
        compute_rows<R, W, kRows, kPanels, Fetch::none>(s, t, args.m_end - m);
      }
    }
  }
  for (; panel < args.panel_end; ++panel) {
    for (std::int64_t m = args.m_begin; m < args.m_end; m += kRows) {
      compute_rows<R, W, kRows, 1, Fetch::none>(s, tile_at(args, s, m, panel, 1), args.m_end - m);
    }
  }
}

}  // namespace
}  // namespace pincer::kernels
