// GEMM on SME: tiles of 2 vectors of rows by one panel, 2 vectors of channels.
//
// SMOPA multiplies the 4 k of every row in one vector with the 4 k of every channel in another and
// adds to a square tile of int32. A k-block is 2 vectors of rows and 2 of weights for 4 products,
// each into a tile of its own: the whole of ZA. Everything here runs in streaming mode, with the
// part of SVE that is legal there; a core may have no other.
#include <arm_sme.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/sme_call.h"
#include "pincer/kernels/gemm.h"

#define PINCER_STREAMING __arm_streaming __arm_preserves("za")
#include "kernels/gemm/sve_output.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kKr = 4;
constexpr int kBlocks = 4;                     // k-blocks per turn of the inner loop
constexpr std::int64_t kStep = kBlocks * kKr;  // k of them

// What is the same for every tile of a call.
struct Shape {
  const GemmArgs* args;
  const std::uint8_t* w;  // of the first panel
  std::int64_t groups;
  std::int64_t group;          // k values in a group
  std::int64_t scales_offset;  // from a panel's start, bytes
  std::int64_t a_stride;       // bytes from row to row
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

// Group g of one vector of rows, or with kTwo of two: the sums are in tiles 0, 1 and 2, 3 of ZA.
template <bool kTwo>
inline void multiply(const Shape& s, const Tile& t,
                     std::int64_t g) __arm_streaming __arm_inout("za") {
  const svbool_t all = svptrue_b8();
  const auto lanes = static_cast<std::int64_t>(svcntw());
  const std::int8_t* a = t.a + g * s.group * lanes;
  const std::int8_t* b = a + s.a_stride * lanes;
  const auto* w = reinterpret_cast<const std::int8_t*>(t.w) + g * s.group * 2 * lanes;
  svzero_za();
  for (std::int64_t left = s.group; left > 0; left -= kStep) {
#pragma GCC unroll 4
    for (int u = 0; u < kBlocks; ++u) {
      const svint8_t w0 = svld1_vnum_s8(all, w, 2 * u), w1 = svld1_vnum_s8(all, w, 2 * u + 1);
      const svint8_t rows = svld1_vnum_s8(all, a, u);
      svmopa_za32_s8_m(0, all, all, rows, w0);
      svmopa_za32_s8_m(1, all, all, rows, w1);
      if constexpr (kTwo) {
        const svint8_t more = svld1_vnum_s8(all, b, u);
        svmopa_za32_s8_m(2, all, all, more, w0);
        svmopa_za32_s8_m(3, all, all, more, w1);
      }
    }
    a += kBlocks * svcntb();
    b += kBlocks * svcntb();
    w += 2 * kBlocks * svcntb();
  }
}

// The rows of tiles kTile and kTile + 1, from row `first` of the tile on.
template <int kTile, bool kLast>
inline void finish(const Shape& s, const Tile& t, std::int64_t g,
                   std::int64_t first) __arm_streaming __arm_inout("za") {
  const svbool_t all = svptrue_b32();
  const auto lanes = static_cast<std::int64_t>(svcntw());
  const svbool_t written0 = lanes_below(t.channels, 0), written1 = lanes_below(t.channels, 1);
  const svbool_t held0 = lanes_below(g == 0 ? 0 : t.channels, 0);
  const svbool_t held1 = lanes_below(g == 0 ? 0 : t.channels, 1);
  const auto* scales =
      reinterpret_cast<const std::uint16_t*>(t.w + s.scales_offset) + g * 2 * lanes;
  const svfloat32_t scale0 = load_scales(scales, 0), scale1 = load_scales(scales, 1);
  const svfloat32_t bias0 = load_bias(t.bias, t.channels, 0);
  const svfloat32_t bias1 = load_bias(t.bias, t.channels, 1);
  const std::int64_t rows = t.rows - first < lanes ? t.rows - first : lanes;
  const float* a_scale = t.a_scale + first * s.groups + g;
  float* c = t.c + first * s.c_stride;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto slice = static_cast<std::uint32_t>(row);
    const svint32_t sum0 = svread_hor_za32_s32_m(svundef_s32(), all, kTile, slice);
    const svint32_t sum1 = svread_hor_za32_s32_m(svundef_s32(), all, kTile + 1, slice);
    add_row<kLast>(written0, held0, scale0, bias0, sum0, *a_scale, c);
    add_row<kLast>(written1, held1, scale1, bias1, sum1, *a_scale, c + lanes);
    a_scale += s.groups;
    c += s.c_stride;
  }
}

template <bool kTwo>
inline void compute_tile(const Shape& s, const Tile& t) __arm_streaming __arm_inout("za") {
  for (std::int64_t g = 0; g < s.groups; ++g) {
    multiply<kTwo>(s, t, g);
    if (g + 1 == s.groups) {
      finish<0, true>(s, t, g, 0);
      if constexpr (kTwo) finish<2, true>(s, t, g, static_cast<std::int64_t>(svcntw()));
    } else {
      finish<0, false>(s, t, g, 0);
      if constexpr (kTwo) finish<2, false>(s, t, g, static_cast<std::int64_t>(svcntw()));
    }
  }
}

// All tiles. Functions of the ordinary mode are not called from here.
__arm_new("za") void compute(const void* shape) __arm_streaming {
  const Shape& s = *static_cast<const Shape*>(shape);
  const GemmArgs& args = *s.args;
  const PackedHeader& header = *args.w.header;
  const auto lanes = static_cast<std::int64_t>(svcntw());
  Tile t;
  t.w = s.w;
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
    const std::int64_t column = panel * 2 * lanes;
    t.bias = args.bias ? args.bias + column : nullptr;
    t.channels = header.n - column;
    for (std::int64_t m = args.m_begin; m < args.m_end; m += 2 * lanes) {
      t.a = args.a.q + m * s.a_stride;
      t.a_scale = args.a.scale + m * s.groups;
      t.c = args.c + m * s.c_stride + column;
      t.rows = args.m_end - m;
      t.rows > lanes ? compute_tile<true>(s, t) : compute_tile<false>(s, t);
    }
    t.w += header.panel_bytes;
  }
}

}  // namespace

void gemm_s8s8_f32_sme_2Vx2Vx4(const GemmArgs& args) noexcept {
  const Layout& layout = args.w.header->layout;
  const auto lanes = static_cast<std::int64_t>(svcntsw());
  const std::int64_t k_padded = args.w.k_padded();
  const Shape s{.args = &args,
                .w = args.w.panel(args.panel_begin),
                .groups = args.a.groups,
                .group = layout.group ? layout.group : k_padded,
                .scales_offset = k_padded * 2 * lanes,
                .a_stride = args.a.stride,
                .c_stride = args.c_stride};
  assert(layout.nr == 2 * lanes && layout.kr == kKr && layout.offset == 0 && layout.bits == 8);
  assert(s.group % kStep == 0 && args.a.ir == lanes && args.m_begin % lanes == 0);
  call_streaming(compute, &s);
}

}  // namespace pincer::kernels
