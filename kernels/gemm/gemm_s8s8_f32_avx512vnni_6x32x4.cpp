// GEMM on AVX512-VNNI: tiles of up to 6 rows by 2 panels of 16 channels.
//
// At 6 x 2 there are 12 integer and 12 float accumulators, which with 2 vectors of weights and the
// broadcast fit 32 registers, and 12 independent chains hide vpdpbusd's latency of 4 to 5 cycles.
//
// Panels are the outer loop: a pair of panels is read from memory once and stays in the L2 cache
// for all rows.
#include "kernels/gemm/avx512vnni_tile.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kRows = 6;
constexpr std::int64_t kPanels = 2;

template <int kP>
void compute_rows(const Shape& s, const Tile& t, std::int64_t rows) {
  switch (rows) {
    case 1:
      return compute_tile<1, kP, false>(s, t);
    case 2:
      return compute_tile<2, kP, false>(s, t);
    case 3:
      return compute_tile<3, kP, false>(s, t);
    case 4:
      return compute_tile<4, kP, false>(s, t);
    case 5:
      return compute_tile<5, kP, false>(s, t);
    default:
      return compute_tile<kRows, kP, false>(s, t);
  }
}

}  // namespace

void gemm_s8s8_f32_avx512vnni_6x32x4(const GemmArgs& args) noexcept {
  const Shape s = shape_of(args);
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; panel += kPanels) {
    const bool pair = args.panel_end - panel >= kPanels;
    for (std::int64_t m = args.m_begin; m < args.m_end; m += kRows) {
      const Tile t = tile_at(args, s, m, panel, pair ? kPanels : 1);
      if (pair) {
        compute_rows<kPanels>(s, t, args.m_end - m);
      } else {
        compute_rows<1>(s, t, args.m_end - m);
      }
    }
  }
}

}  // namespace pincer::kernels
