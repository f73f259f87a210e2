// sdot takes scores; weights are unsigned, so values are stored as v + 128 for udot, and the row's
// correction cancels the 128.
#include "kernels/attention/attention_s8_rows.h"
#include "kernels/elementwise/register_neon.h"

namespace pincer::kernels {
namespace {

inline constexpr int kVectors = 4;  // of four columns: with four rows 16 sums

template <int kRows, class Operation>
[[gnu::always_inline]] inline void each_sum(Operation operation) {
  unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int i) { operation(r, i); }); });
}

inline uint32x4_t load_four(const std::int8_t* row) {
  return vld1q_dup_u32(reinterpret_cast<const std::uint32_t*>(row));
}

inline int32x4_t dot(int32x4_t sum, uint8x16_t columns, uint32x4_t row, const std::int32_t*) {
  return vdotq_s32(sum, vreinterpretq_s8_u8(columns), vreinterpretq_s8_u32(row));
}
inline uint32x4_t dot(uint32x4_t sum, uint8x16_t columns, uint32x4_t row, const std::uint32_t*) {
  return vdotq_u32(sum, columns, vreinterpretq_u8_u32(row));
}

// sums[r] += rows[r] from `at` on times sixteen columns of a panel, over `steps` fours that lie
// `stride` bytes apart; Integer says whether bytes are signed.
template <class Integer, int kRows, class Vector>
[[gnu::always_inline]] inline void add_panel(const std::int8_t* const (&rows)[kS8TileRows], int at,
                                             const std::uint8_t* panel, int steps, int stride,
                                             Vector (&sums)[kRows][kVectors]) {
  for (int k = 0; k < steps * 4; k += 4, panel += stride) {
    uint8x16_t columns[kVectors];
    unrolled<kVectors>([&](int i) { columns[i] = vld1q_u8(panel + i * 16); });
    unrolled<kRows>([&](int r) {
      const uint32x4_t row = load_four(rows[r] + at + k);
      unrolled<kVectors>([&](int i) {
        sums[r][i] = dot(sums[r][i], columns[i], row, static_cast<const Integer*>(nullptr));
      });
    });
  }
}

struct DotprodProducts {
  // Sixteen keys at a time.
  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&)[kS8TileRows], const Panels& k,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    constexpr int kStride = kKvBlockTokens * 4;
    for (int key = 0; key < kAttentionStep; key += kVectors * 4) {
      const std::uint8_t* panel = k.at[key / kKvBlockTokens] + key % kKvBlockTokens * 4;
      int32x4_t sums[kRows][kVectors];
      each_sum<kRows>([&](int r, int i) { sums[r][i] = vdupq_n_s32(0); });
      add_panel<std::int32_t, kRows>(q.hi, 0, panel, head_dim / 4, kStride, sums);
      each_sum<kRows>([&](int r, int i) { sums[r][i] = vshlq_n_s32(sums[r][i], 8); });
      add_panel<std::int32_t, kRows>(q.lo, 0, panel, head_dim / 4, kStride, sums);
      each_sum<kRows>([&](int r, int i) { vst1q_s32(out[r] + key + i * 4, sums[r][i]); });
    }
  }

  // Sixteen dimensions at a time.
  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&correction)[kS8TileRows],
                     const Panels& v, int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    constexpr int kSteps = kKvBlockTokens / 4;
    for (int d = 0; d < head_dim; d += kVectors * 4) {
      uint32x4_t sums[kRows][kVectors];
      each_sum<kRows>([&](int r, int i) { sums[r][i] = vdupq_n_u32(0); });
      for (int b = 0; b < 2; ++b) {
        add_panel<std::uint32_t, kRows>(u.hi, b * kKvBlockTokens, v.at[b] + d * 4, kSteps,
                                        head_dim * 4, sums);
      }
      each_sum<kRows>([&](int r, int i) {
        sums[r][i] = vaddq_u32(vshlq_n_u32(sums[r][i], 8),
                               vdupq_n_u32(static_cast<std::uint32_t>(correction[r])));
      });
      for (int b = 0; b < 2; ++b) {
        add_panel<std::uint32_t, kRows>(u.lo, b * kKvBlockTokens, v.at[b] + d * 4, kSteps,
                                        head_dim * 4, sums);
      }
      each_sum<kRows>(
          [&](int r, int i) { vst1q_s32(out[r] + d + i * 4, vreinterpretq_s32_u32(sums[r][i])); });
    }
  }
};

}  // namespace

void attention_s8s8_f32_neon_dotprod_4x64x4(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_neon_dotprod_4x64x4(const AttentionS8Args& args) noexcept {
  attend_s8<NeonRegister, DotprodProducts>(args);
}

}  // namespace pincer::kernels
