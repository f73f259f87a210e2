// Few rows: tiles of up to kRows rows by kPanels panels of 16 channels.
//
// Few rows are bound by reading the weights. Panels side by side are streams for the hardware
// prefetchers; with more than kRows rows every pass over the weights of a tile's panels, which are
// in the L2 cache by then, also fetches its part of the next ones, so that memory does not rest
// while later rows are computed.
#pragma once

#include "kernels/gemm/vnni_tile.h"

namespace pincer::kernels {
namespace {

// What pass `pass` of `passes` fetches of the panels at `next`: two of them in each of two passes,
// or, when there are more passes, one in each of the first ones.
template <int kPanels>
inline void look_ahead(const Shape& s, const std::uint8_t* next, std::int64_t pass,
                       std::int64_t passes, Tile& t) {
  const std::int64_t each = passes < kPanels ? 2 : 1;
  if (pass * each >= kPanels) return;
  t.ahead[0] = next + pass * each * s.panel_bytes;
  t.ahead[1] = t.ahead[0] + (each - 1) * s.panel_bytes;
}

template <class R, class W, int kRows, int kPanels>
void compute_in_passes(const GemmArgs& args) {
  const Shape s = shape_of<W>(args);
  const std::int64_t passes = (args.m_end - args.m_begin + kRows - 1) / kRows;
  std::int64_t panel = args.panel_begin;
  for (; args.panel_end - panel >= kPanels; panel += kPanels) {
    const bool more = passes > 1 && args.panel_end - panel >= 2 * kPanels;
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      const std::int64_t m = args.m_begin + pass * kRows;
      Tile t = tile_at(args, s, m, panel, kPanels);
      if (more) {
        look_ahead<kPanels>(s, args.w.panel(panel + kPanels), pass, passes, t);
        compute_rows<R, W, kRows, kPanels, Fetch::two>(s, t, args.m_end - m);
      } else {
        compute_rows<R, W, kRows, kPanels, Fetch::some>(s, t, args.m_end - m);
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
