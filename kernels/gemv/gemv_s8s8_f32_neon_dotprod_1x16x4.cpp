// GEMV on NEON with dot products: one row by one panel of 16 channels.
//
// Even and odd k-blocks go to different accumulators: 8 chains hide the latency of SDOT. The panel
// is read in the order in which it lies, in pairs of vectors.
#include <arm_neon.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr int kVectors = 4;  // of 4 channels in a panel
constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr std::int64_t kBlock = kNr * kKr;  // bytes
constexpr std::int64_t kStep = 32;          // k per turn of the inner loop: the smallest group

inline int8x16_t load_weights(const std::uint8_t* w) {
  return vld1q_s8(reinterpret_cast<const std::int8_t*>(w));
}

// 4 scales, bf16 to float.
inline float32x4_t load_scales(const std::uint8_t* bf16) {
  const uint16x4_t half = vreinterpret_u16_u8(vld1_u8(bf16));
  return vreinterpretq_f32_u32(vshll_n_u16(half, 16));
}

// One k-block, lane kLane of the row.
template <int kLane>
inline void dot_block(const std::uint8_t* w, int8x16_t row, int32x4_t (&acc)[kVectors]) {
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    acc[v] = vdotq_laneq_s32(acc[v], load_weights(w + v * 16), row, kLane);
  }
}

// The sums of one group of k values.
inline void dot_group(const std::uint8_t* w, const std::int8_t* a, std::int64_t group,
                      int32x4_t (&out)[kVectors]) {
  int32x4_t even[kVectors], odd[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) even[v] = odd[v] = vdupq_n_s32(0);
  do {
    const int8x16_t low = vld1q_s8(a);
    const int8x16_t high = vld1q_s8(a + 16);
    dot_block<0>(w, low, even);
    dot_block<1>(w + kBlock, low, odd);
    dot_block<2>(w + 2 * kBlock, low, even);
    dot_block<3>(w + 3 * kBlock, low, odd);
    dot_block<0>(w + 4 * kBlock, high, even);
    dot_block<1>(w + 5 * kBlock, high, odd);
    dot_block<2>(w + 6 * kBlock, high, even);
    dot_block<3>(w + 7 * kBlock, high, odd);
    a += kStep;
    w += kStep * kNr;
    group -= kStep;
  } while (group > 0);
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) out[v] = vaddq_s32(even[v], odd[v]);
}

void store(float* c, const float* bias, float32x4_t (&sum)[kVectors], std::int64_t channels) {
  const bool full = channels >= kNr;
  float values[kNr] = {};
  if (bias) {
    for (std::int64_t i = 0; i < (full ? kNr : channels); ++i) values[i] = bias[i];
    for (int v = 0; v < kVectors; ++v) sum[v] = vaddq_f32(sum[v], vld1q_f32(values + v * 4));
  }
  float* out = full ? c : values;
  for (int v = 0; v < kVectors; ++v) vst1q_f32(out + v * 4, sum[v]);
  for (std::int64_t i = 0; !full && i < channels; ++i) c[i] = values[i];
}

}  // namespace

void gemv_s8s8_f32_neon_dotprod_1x16x4(const GemmArgs& args) noexcept {
  const PackedHeader& header = *args.w.header;
  const Layout& layout = header.layout;
  assert(layout.nr == kNr && layout.kr == kKr && layout.offset == 0 && layout.bits == 8);
  const std::int64_t k_padded = args.w.k_padded();
  const std::int64_t group = layout.group ? layout.group : k_padded;
  assert(group % kStep == 0 && args.a.stride >= k_padded);
  const std::int64_t groups = args.a.groups;

  for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
    const std::int8_t* a = args.a.q + m * args.a.stride;
    const float* a_scale = args.a.scale + m * groups;
    for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
      const std::uint8_t* w = args.w.panel(panel);
      const std::uint8_t* scales = w + k_padded * kNr;
      float32x4_t sum[kVectors] = {vdupq_n_f32(0.0f), vdupq_n_f32(0.0f), vdupq_n_f32(0.0f),
                                   vdupq_n_f32(0.0f)};
      for (std::int64_t g = 0; g < groups; ++g) {
        int32x4_t acc[kVectors];
        dot_group(w + g * group * kNr, a + g * group, group, acc);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
          const float32x4_t scale = vmulq_n_f32(load_scales(scales + v * 8), a_scale[g]);
          sum[v] = vfmaq_f32(sum[v], vcvtq_f32_s32(acc[v]), scale);
        }
        scales += kNr * 2;
      }
      const std::int64_t column = panel * kNr;
      store(args.c + m * args.c_stride + column, args.bias ? args.bias + column : nullptr, sum,
            header.n - column);
    }
  }
}

}  // namespace pincer::kernels
