// GEMM on NEON with dot products: tiles of up to 4 rows by one panel of 16 channels.
//
// SDOT by lane multiplies 4 channels by 4 k of weights with one 4-byte lane of a row, so 16 bytes
// of a row serve 4 k-blocks and rows need no packing. At 4 x 16 there are 16 accumulators, 4
// vectors of rows and 4 of weights: 24 of 32 registers, and 20 loads for 64 SDOT. The float sums of
// the groups live in memory; they are touched once per group.
#include <arm_neon.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr int kRows = 4;
constexpr int kVectors = 4;  // of 4 channels in a panel
constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr std::int64_t kVectorK = 16;  // k in a vector of a row
constexpr std::int64_t kStep = 32;     // k per turn of the inner loop: the smallest group

// What is the same for every tile of a call.
struct Shape {
  std::int64_t groups;
  std::int64_t group;          // k values in a group
  std::int64_t scales_offset;  // from a panel's start, bytes
};

// Pointers to a tile's first row and its panel.
struct Tile {
  const std::int8_t* a;
  std::int64_t a_stride;
  const float* a_scale;
  const std::uint8_t* w;
  const float* bias;  // or null
  float* c;
  std::int64_t c_stride;
  std::int64_t channels;  // to write, at least 1
};

inline int8x16_t load_weights(const std::uint8_t* w) {
  return vld1q_s8(reinterpret_cast<const std::int8_t*>(w));
}

// 4 scales, bf16 to float.
inline float32x4_t load_scales(const std::uint8_t* bf16) {
  const uint16x4_t half = vreinterpret_u16_u8(vld1_u8(bf16));
  return vreinterpretq_f32_u32(vshll_n_u16(half, 16));
}

// One k-block, lane kLane of the rows, into all accumulators.
template <int kLane, int kM>
inline void dot_block(const std::uint8_t* w, const int8x16_t (&rows)[kM],
                      int32x4_t (&acc)[kM][kVectors]) {
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    const int8x16_t weights = load_weights(w + v * 16);
#pragma GCC unroll 4
    for (int m = 0; m < kM; ++m) acc[m][v] = vdotq_laneq_s32(acc[m][v], weights, rows[m], kLane);
  }
}

// Four k-blocks: vector `u` of each row.
template <int kM>
inline void dot_vector(const std::uint8_t* w, const std::int8_t* a, std::int64_t a_stride, int u,
                       int32x4_t (&acc)[kM][kVectors]) {
  int8x16_t rows[kM];
#pragma GCC unroll 4
  for (int m = 0; m < kM; ++m) rows[m] = vld1q_s8(a + m * a_stride + u * kVectorK);
  w += u * kVectorK * kNr;
  dot_block<0, kM>(w, rows, acc);
  dot_block<1, kM>(w + kNr * kKr, rows, acc);
  dot_block<2, kM>(w + 2 * kNr * kKr, rows, acc);
  dot_block<3, kM>(w + 3 * kNr * kKr, rows, acc);
}

// `channels` < 16 of one row.
inline void store_partial(float* c, const float32x4_t (&row)[kVectors], std::int64_t channels) {
  float values[kNr];
  for (int v = 0; v < kVectors; ++v) vst1q_f32(values + v * 4, row[v]);
  for (std::int64_t i = 0; i < channels; ++i) c[i] = values[i];
}

inline void add_bias(float32x4_t (&row)[kVectors], const float* bias, std::int64_t channels) {
  float values[kNr] = {};
  for (std::int64_t i = 0; i < (channels < kNr ? channels : kNr); ++i) values[i] = bias[i];
  for (int v = 0; v < kVectors; ++v) row[v] = vaddq_f32(row[v], vld1q_f32(values + v * 4));
}

template <int kM>
void store_tile(const Tile& t, float32x4_t (&sum)[kM][kVectors]) {
  for (int m = 0; m < kM; ++m) {
    if (t.bias) add_bias(sum[m], t.bias, t.channels);
    float* c = t.c + m * t.c_stride;
    if (t.channels < kNr) {
      store_partial(c, sum[m], t.channels);
    } else {
      for (int v = 0; v < kVectors; ++v) vst1q_f32(c + v * 4, sum[m][v]);
    }
  }
}

template <int kM>
void compute_tile(const Shape& s, const Tile& t) {
  float32x4_t sum[kM][kVectors];
  for (int m = 0; m < kM; ++m) {
    for (int v = 0; v < kVectors; ++v) sum[m][v] = vdupq_n_f32(0.0f);
  }
  const std::int8_t* a = t.a;
  const std::uint8_t* w = t.w;
  for (std::int64_t g = 0; g < s.groups; ++g) {
    int32x4_t acc[kM][kVectors];
#pragma GCC unroll 4
    for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) acc[m][v] = vdupq_n_s32(0);
    }
    std::int64_t left = s.group;
    do {
#pragma GCC unroll 2
      for (int u = 0; u < kStep / kVectorK; ++u) dot_vector<kM>(w, a, t.a_stride, u, acc);
      a += kStep;
      w += kStep * kNr;
      left -= kStep;
    } while (left > 0);
    const std::uint8_t* scales = t.w + s.scales_offset + g * kNr * 2;
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const float32x4_t w_scale = load_scales(scales + v * 8);
#pragma GCC unroll 4
      for (int m = 0; m < kM; ++m) {
        const float32x4_t scale = vmulq_n_f32(w_scale, t.a_scale[m * s.groups + g]);
        sum[m][v] = vfmaq_f32(sum[m][v], vcvtq_f32_s32(acc[m][v]), scale);
      }
    }
  }
  store_tile<kM>(t, sum);
}

void compute_rows(const Shape& s, const Tile& t, std::int64_t rows) {
  switch (rows) {
    case 1:
      return compute_tile<1>(s, t);
    case 2:
      return compute_tile<2>(s, t);
    case 3:
      return compute_tile<3>(s, t);
    default:
      return compute_tile<kRows>(s, t);
  }
}

}  // namespace

void gemm_s8s8_f32_neon_dotprod_4x16x4(const GemmArgs& args) noexcept {
  const PackedHeader& header = *args.w.header;
  const Layout& layout = header.layout;
  assert(layout.nr == kNr && layout.kr == kKr && layout.offset == 0 && layout.bits == 8);
  const std::int64_t k_padded = args.w.k_padded();

  Shape s;
  s.groups = args.a.groups;
  s.group = layout.group ? layout.group : k_padded;
  s.scales_offset = k_padded * kNr;
  assert(s.group % kStep == 0 && args.a.stride >= k_padded);
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
    const std::int64_t column = panel * kNr;
    Tile t;
    t.a_stride = args.a.stride;
    t.w = args.w.panel(panel);
    t.bias = args.bias ? args.bias + column : nullptr;
    t.c_stride = args.c_stride;
    t.channels = header.n - column;
    for (std::int64_t m = args.m_begin; m < args.m_end; m += kRows) {
      t.a = args.a.q + m * args.a.stride;
      t.a_scale = args.a.scale + m * s.groups;
      t.c = args.c + m * args.c_stride + column;
      compute_rows(s, t, args.m_end - m);
    }
  }
}

}  // namespace pincer::kernels
