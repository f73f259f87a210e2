// sdot takes scores; weights are unsigned, so values are stored as v + 128 for udot, and the row's
// correction cancels the 128. The two bytes of a row have sums of their own, so that keys and
// values are read once for both.
#include "kernels/attention/attention_s8_rows.h"
#include "kernels/attention/neon_byte_pairs.h"
#include "kernels/elementwise/register_neon.h"

namespace pincer::kernels {
namespace {

// Vectors of four columns that a tile of so many rows has: 12 or 16 sums of hi and lo.
constexpr int vectors_for(int rows) { return rows == 1 ? 8 : rows == 2 ? 4 : 2; }

// [hi or lo][row][vector]
template <int kRows, int kVectors>
using Sums = int32x4_t[2][kRows][kVectors];

template <int kRows, int kVectors, class Operation>
[[gnu::always_inline]] inline void each_sum(Operation operation) {
  unrolled<2>([&](int byte) {
    unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int i) { operation(byte, r, i); }); });
  });
}

template <bool kSigned, int kLane>
inline int32x4_t dot(int32x4_t sum, uint8x16_t columns, int8x16_t rows) {
  if constexpr (kSigned) {
    return vdotq_laneq_s32(sum, vreinterpretq_s8_u8(columns), rows, kLane);
  } else {
    return vreinterpretq_s32_u32(
        vdotq_laneq_u32(vreinterpretq_u32_s32(sum), columns, vreinterpretq_u8_s8(rows), kLane));
  }
}

// `lane` is constant where this is inlined.
template <bool kSigned>
[[gnu::always_inline]] inline int32x4_t dot(int32x4_t sum, uint8x16_t columns, int8x16_t rows,
                                            int lane) {
  switch (lane) {
    case 0:
      return dot<kSigned, 0>(sum, columns, rows);
    case 1:
      return dot<kSigned, 1>(sum, columns, rows);
    case 2:
      return dot<kSigned, 2>(sum, columns, rows);
    default:
      return dot<kSigned, 3>(sum, columns, rows);
  }
}

// sums += rows, from `hi` and `lo` on and kRowStride bytes apart, times the columns of a panel
// whose k-blocks of four are `stride` bytes apart; `count` k, a multiple of 16.
template <bool kSigned, int kRowStride, int kRows, int kVectors>
[[gnu::always_inline]] inline void add_panel(const std::int8_t* hi, const std::int8_t* lo,
                                             int count, const std::uint8_t* panel, int stride,
                                             Sums<kRows, kVectors>& sums) {
  const std::int8_t* const end = hi + count;
  do {
    int8x16_t rows[2][kRows];
    unrolled<kRows>([&](int r) {
      rows[0][r] = vld1q_s8(hi + r * kRowStride);
      rows[1][r] = vld1q_s8(lo + r * kRowStride);
    });
    unrolled<4>([&](int lane) {
      uint8x16_t columns[kVectors];
      unrolled<kVectors>([&](int i) { columns[i] = vld1q_u8(panel + i * 16); });
      each_sum<kRows, kVectors>([&](int byte, int r, int i) {
        sums[byte][r][i] = dot<kSigned>(sums[byte][r][i], columns[i], rows[byte][r], lane);
      });
      panel += stride;
    });
    hi += 16;
    lo += 16;
  } while (hi != end);
}

template <int kRows, int kVectors>
[[gnu::always_inline]] inline void clear(Sums<kRows, kVectors>& sums) {
  each_sum<kRows, kVectors>([&](int byte, int r, int i) { sums[byte][r][i] = vdupq_n_s32(0); });
}

template <int kRows, int kVectors>
inline void value_columns(const BytePair& u, const std::int32_t (&correction)[kS8TileRows],
                          const Panels& v, int head_dim, int first,
                          std::int32_t* const (&out)[kS8TileRows]) {
  Sums<kRows, kVectors> sums;
  clear<kRows, kVectors>(sums);
  unrolled<2>([&](int b) {
    const int key = b * kKvBlockTokens;
    add_panel<false, kAttentionStep, kRows, kVectors>(u.hi[0] + key, u.lo[0] + key, kKvBlockTokens,
                                                      v.at[b] + first * 4, head_dim * 4, sums);
  });
  const int32x4_t factor = byte_factor();
  unrolled<kRows>([&](int r) {
    const int32x4_t added = vdupq_n_s32(correction[r]);
    unrolled<kVectors>([&](int i) {
      vst1q_s32(out[r] + first + i * 4,
                vaddq_s32(vmlaq_s32(sums[1][r][i], sums[0][r][i], factor), added));
    });
  });
}

struct DotprodProducts {
  [[maybe_unused]] static constexpr bool kCorrectsValues = true;

  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&)[kS8TileRows], const Panels& k,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    constexpr int kVectors = vectors_for(kRows);
    for (int key = 0; key < kAttentionStep; key += kVectors * 4) {
      Sums<kRows, kVectors> sums;
      clear<kRows, kVectors>(sums);
      add_panel<true, kMaxHeadDim, kRows, kVectors>(
          q.hi[0], q.lo[0], head_dim, k.at[key / kKvBlockTokens] + key % kKvBlockTokens * 4,
          kKvBlockTokens * 4, sums);
      const int32x4_t factor = byte_factor();
      unrolled<kRows>([&](int r) {
        unrolled<kVectors>([&](int i) {
          vst1q_s32(out[r] + key + i * 4, vmlaq_s32(sums[1][r][i], sums[0][r][i], factor));
        });
      });
    }
  }

  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&correction)[kS8TileRows],
                     const Panels& v, int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    constexpr int kVectors = vectors_for(kRows), kColumns = kVectors * 4;
    int d = 0;
    for (; d + kColumns <= head_dim; d += kColumns) {
      value_columns<kRows, kVectors>(u, correction, v, head_dim, d, out);
    }
    if constexpr (kColumns > 16) {
      if (d < head_dim) value_columns<kRows, 4>(u, correction, v, head_dim, d, out);
    }
  }
};

}  // namespace

void attention_s8s8_f32_neon_dotprod_4x64x4(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_neon_dotprod_4x64x4(const AttentionS8Args& args) noexcept {
  attend_s8<NeonRegister, DotprodProducts>(args);
}

}  // namespace pincer::kernels
