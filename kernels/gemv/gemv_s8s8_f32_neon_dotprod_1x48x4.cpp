// GEMV on NEON with dot products: one row by four panels of 12 channels.
//
// Four panels at once share the loads of the row and make 12 chains, which hide the latency of
// SDOT. With fewer panels there are as many chains: consecutive k-blocks have sums of their own.
#include <arm_neon.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/neon_tile.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kNr = 12;
constexpr std::int64_t kKr = 4;
constexpr int kVectors = 3;            // of 4 channels in a panel
constexpr std::int64_t kStep = 32;     // k per turn of the inner loop: the smallest group
constexpr std::int64_t kVectorK = 16;  // k in a vector of the row

// `lane` is constant where this is inlined.
inline int32x4_t dot_lane(int32x4_t acc, int8x16_t w, int8x16_t row, int lane) {
  switch (lane) {
    case 0:
      return vdotq_laneq_s32(acc, w, row, 0);
    case 1:
      return vdotq_laneq_s32(acc, w, row, 1);
    case 2:
      return vdotq_laneq_s32(acc, w, row, 2);
    default:
      return vdotq_laneq_s32(acc, w, row, 3);
  }
}

// Four k-blocks of one panel, in the order in which they lie: pairs of loads become one.
template <int kSplit>
inline void dot_vector(const std::int8_t* w, int8x16_t row, int32x4_t (&acc)[kSplit][kVectors]) {
#pragma GCC unroll 6
  for (int i = 0; i < 4 * kVectors; i += 2) {
    const int8x16_t even = vld1q_s8(w + i * 16), odd = vld1q_s8(w + i * 16 + 16);
    int32x4_t& a = acc[i / kVectors % kSplit][i % kVectors];
    a = dot_lane(a, even, row, i / kVectors);
    int32x4_t& b = acc[(i + 1) / kVectors % kSplit][(i + 1) % kVectors];
    b = dot_lane(b, odd, row, (i + 1) / kVectors);
  }
}

// The sums of one group of k values, in out[0 .. kPanels - 1][0].
template <int kPanels, int kSplit>
inline void dot_group(const std::int8_t* a, const std::int8_t* w, std::int64_t stride,
                      std::int64_t group, int32x4_t (&out)[kPanels][kSplit][kVectors]) {
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 4
    for (int s = 0; s < kSplit; ++s) {
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) out[p][s][v] = vdupq_n_s32(0);
    }
  }
  const std::int8_t* const end = a + group;
  do {
    const int8x16_t low = vld1q_s8(a), high = vld1q_s8(a + kVectorK);
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
      dot_vector<kSplit>(w + p * stride, low, out[p]);
      dot_vector<kSplit>(w + p * stride + kVectorK * kNr, high, out[p]);
    }
    a += kStep;
    w += kStep * kNr;
  } while (a != end);
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
template <int kPanels, int kSplit>
void compute_panels(const Tile& t, std::int64_t stride) {
  float32x4_t sum[kPanels][kVectors];
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) sum[p][v] = vdupq_n_f32(0.0f);
  }
  const std::uint8_t* w_scale = t.w_scale;
  for (std::int64_t g = 0; g < t.groups; ++g, w_scale += kNr * 2) {
    int32x4_t acc[kPanels][kSplit][kVectors];
    dot_group<kPanels, kSplit>(t.a + g * t.group, t.w + g * t.group * kNr, stride, t.group, acc);
    const float a_scale = t.a_scale[g];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
      float32x4_t scales[kVectors];
      load_12_scales(w_scale + p * stride, scales);
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) {
        const float32x4_t scale = vmulq_n_f32(scales[v], a_scale);
        sum[p][v] = vfmaq_f32(sum[p][v], vcvtq_f32_s32(acc[p][0][v]), scale);
      }
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) {
    store_row(t.c + p * kNr, t.bias ? t.bias + p * kNr : nullptr, sum[p], t.channels - p * kNr);
  }
}

}  // namespace

void gemv_s8s8_f32_neon_dotprod_1x48x4(const GemmArgs& args) noexcept {
  assert_layout(args, kNr, kKr, kStep);
  for_each_run_of_panels<4>(args, [](const Tile& t, std::int64_t panels, std::int64_t stride) {
    switch (panels) {
      case 1:
        return compute_panels<1, 4>(t, stride);
      case 2:
        return compute_panels<2, 2>(t, stride);
      default:
        return compute_panels<4, 1>(t, stride);
    }
  });
}

}  // namespace pincer::kernels
