// GEMV over SME's panels for CPUs without SME2: NEON's dot products, 32 channels at a time, whose 8
// accumulators hide the latency of SDOT. Shorter vectors have narrower panels.
#include <arm_neon.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kKr = 4;
constexpr std::int64_t kStep = 16;  // k per turn of the inner loop

// What is the same for all channels of a row.
struct Row {
  const std::int8_t* a;
  const float* a_scale;  // [groups]
  std::int64_t groups;
  std::int64_t group;  // k values in a group
  std::int64_t nr;     // channels in a panel
};

// Some neighbours in a panel.
struct Channels {
  const std::int8_t* w;
  const std::uint16_t* w_scale;
  const float* bias;  // or null
  float* c;
  std::int64_t count;  // to write
};

// Lane kLane of the row: one k-block.
template <int kLane, int kVectors>
inline void dot_block(const std::int8_t* w, int8x16_t row, int32x4_t (&acc)[kVectors]) {
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v)
    acc[v] = vdotq_laneq_s32(acc[v], vld1q_s8(w + v * 16), row, kLane);
}

template <int kVectors>
void store(const Channels& ch, float32x4_t (&sum)[kVectors]) {
  const bool full = ch.count >= kVectors * 4;
  const std::int64_t count = full ? kVectors * 4 : ch.count;
  float values[kVectors * 4] = {};
  if (ch.bias) {
    __builtin_memcpy(values, ch.bias, static_cast<std::size_t>(count) * sizeof(float));
    for (int v = 0; v < kVectors; ++v) sum[v] = vaddq_f32(sum[v], vld1q_f32(values + v * 4));
  }
  float* out = full ? ch.c : values;
  for (int v = 0; v < kVectors; ++v) vst1q_f32(out + v * 4, sum[v]);
  if (!full) __builtin_memcpy(ch.c, values, static_cast<std::size_t>(count) * sizeof(float));
}

template <int kVectors>
void multiply(const Row& r, const Channels& ch) {
  const std::int64_t block = r.nr * kKr;  // bytes
  const std::int8_t* a = r.a;
  const std::int8_t* w = ch.w;
  float32x4_t sum[kVectors];
  for (int v = 0; v < kVectors; ++v) sum[v] = vdupq_n_f32(0.0f);
  for (std::int64_t g = 0; g < r.groups; ++g) {
    int32x4_t acc[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) acc[v] = vdupq_n_s32(0);
    std::int64_t left = r.group;
    do {
      const int8x16_t row = vld1q_s8(a);
      dot_block<0>(w, row, acc);
      dot_block<1>(w + block, row, acc);
      dot_block<2>(w + 2 * block, row, acc);
      dot_block<3>(w + 3 * block, row, acc);
      a += kStep;
      w += 4 * block;
      left -= kStep;
    } while (left > 0);
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const uint16x4_t bf16 = vld1_u16(ch.w_scale + g * r.nr + v * 4);
      const float32x4_t w_scale = vreinterpretq_f32_u32(vshll_n_u16(bf16, 16));
      sum[v] = vfmaq_f32(sum[v], vcvtq_f32_s32(acc[v]), vmulq_n_f32(w_scale, r.a_scale[g]));
    }
  }
  store(ch, sum);
}

template <int kVectors>
void multiply_panel(const Row& r, Channels ch) {
  for (std::int64_t at = 0; at < r.nr && ch.count > 0; at += kVectors * 4) {
    multiply<kVectors>(r, ch);
    ch.w += kVectors * 16;
    ch.w_scale += kVectors * 4;
    ch.bias += ch.bias ? kVectors * 4 : 0;
    ch.c += kVectors * 4;
    ch.count -= kVectors * 4;
  }
}

}  // namespace

void gemv_s8s8_f32_neon_dotprod_1x32x4(const GemmArgs& args) noexcept {
  const PackedHeader& header = *args.w.header;
  const Layout& layout = header.layout;
  const std::int64_t k_padded = args.w.k_padded();
  Row r;
  r.groups = args.a.groups;
  r.group = layout.group ? layout.group : k_padded;
  r.nr = layout.nr;
  assert(layout.nr % 8 == 0 && layout.kr == kKr && layout.offset == 0 && layout.bits == 8);
  assert(r.group % kStep == 0 && args.a.ir == 1 && args.a.stride >= k_padded);
  for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
    r.a = args.a.q + m * args.a.stride;
    r.a_scale = args.a.scale + m * r.groups;
    for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
      const std::int64_t column = panel * r.nr;
      const Channels ch{reinterpret_cast<const std::int8_t*>(args.w.panel(panel)),
                        args.w.panel_scales(panel), args.bias ? args.bias + column : nullptr,
                        args.c + m * args.c_stride + column, header.n - column};
      if (r.nr % 32 == 0) {
        multiply_panel<8>(r, ch);
      } else {
        multiply_panel<2>(r, ch);  // vectors of 16 or 32 bytes
      }
    }
  }
}

}  // namespace pincer::kernels
