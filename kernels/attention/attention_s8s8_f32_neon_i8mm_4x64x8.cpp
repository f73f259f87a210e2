// smmla multiplies two rows by two columns over eight k. The rows are the two bytes of one query or
// of one row of weights, so that a vector of keys or values is read once for both, however few rows
// there are.
#include "kernels/attention/attention_s8_rows.h"
#include "kernels/attention/neon_byte_pairs.h"
#include "kernels/elementwise/register_neon.h"

namespace pincer::kernels {
namespace {

// Vectors of two columns that a tile of so many rows has: 8 sums at least hide the latency.
constexpr int vectors_for(int rows) { return rows < 3 ? 8 : 4; }

// Sums of a row, which is two rows of smmla: hi by two columns, then lo by the same.
template <int kRows>
using Sums = int32x4_t[kRows][vectors_for(kRows)];

template <int kRows, class Operation>
[[gnu::always_inline]] inline void each_sum(Operation operation) {
  unrolled<kRows>([&](int r) { unrolled<vectors_for(kRows)>([&](int i) { operation(r, i); }); });
}

inline int32x4_t multiply(int32x4_t sum, int8x16_t rows, int8x16_t columns, const std::int8_t*) {
  return vmmlaq_s32(sum, rows, columns);
}
inline int32x4_t multiply(int32x4_t sum, int8x16_t rows, int8x16_t columns, const std::uint8_t*) {
  return vusmmlaq_s32(sum, vreinterpretq_u8_s8(rows), columns);
}

// kBlocks k-blocks of eight, `stride` bytes apart in the panel; `rows` is in the order of
// interleave(). Byte says whether the rows' bytes are signed.
template <class Byte, int kBlocks, int kRows>
[[gnu::always_inline]] inline void add_panel(const std::int8_t* rows, const std::uint8_t* panel,
                                             int stride, Sums<kRows>& sums) {
  constexpr int kVectors = vectors_for(kRows);
  unrolled<kBlocks>([&](int block) {
    int8x16_t row[kRows], columns[kVectors];
    unrolled<kRows>([&](int r) { row[r] = vld1q_s8(rows + block * kPairBlock + r * 16); });
    unrolled<kVectors>([&](int i) { columns[i] = vreinterpretq_s8_u8(vld1q_u8(panel + i * 16)); });
    each_sum<kRows>([&](int r, int i) {
      sums[r][i] = multiply(sums[r][i], row[r], columns[i], static_cast<const Byte*>(nullptr));
    });
    panel += stride;
  });
}

template <int kRows>
[[gnu::always_inline]] inline void store_sums(const Sums<kRows>& sums, int column,
                                              std::int32_t* const (&out)[kS8TileRows]) {
  const int32x4_t factor = byte_factor();
  unrolled<kRows>([&](int r) {
    unrolled<vectors_for(kRows) / 2>([&](int i) {
      const int32x4_t even = sums[r][2 * i], odd = sums[r][2 * i + 1];
      const int32x4_t lo = vreinterpretq_s32_s64(
          vzip2q_s64(vreinterpretq_s64_s32(even), vreinterpretq_s64_s32(odd)));
      int32x4_t hi;  // clang 19 makes two instructions of vzip1q_s64
      __asm__("zip1 %0.2d, %1.2d, %2.2d" : "=w"(hi) : "w"(even), "w"(odd));
      vst1q_s32(out[r] + column + i * 4, vmlaq_s32(lo, hi, factor));
    });
  });
}

struct I8mmProducts {
  static void arrange(int rows, int head_dim, std::int8_t* bytes) {
    interleave_queries(rows, head_dim, bytes);
  }

  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&)[kS8TileRows], const Panels& k,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    constexpr int kColumns = 2 * vectors_for(kRows), kKeyBlock = kKvBlockTokens * 8;
    for (int key = 0; key < kAttentionStep; key += kColumns) {
      Sums<kRows> sums;
      each_sum<kRows>([&](int r, int i) { sums[r][i] = vdupq_n_s32(0); });
      const std::int8_t* rows = q.hi[0];
      const std::uint8_t* panel = k.at[key / kKvBlockTokens] + key % kKvBlockTokens * 8;
      for (int d = 0; d < head_dim; d += 16) {
        add_panel<std::int8_t, 2, kRows>(rows, panel, kKeyBlock, sums);
        rows += 2 * kPairBlock;
        panel += 2 * kKeyBlock;
      }
      store_sums<kRows>(sums, key, out);
    }
  }

  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&)[kS8TileRows], const Panels& v,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    constexpr int kBlocks = kKvBlockTokens / 8;
    alignas(16) std::int8_t pairs[2 * kS8TileRows * kAttentionStep];
    interleave_weights<kRows>(u, pairs);
    const std::int8_t* rows = pairs;
    // Else loads of what is on the stack come one by one. Few rows stay in registers.
    if constexpr (kRows > 2) __asm__("" : "+r"(rows) : : "memory");
    for (int d = 0; d < head_dim; d += 2 * vectors_for(kRows)) {
      Sums<kRows> sums;
      each_sum<kRows>([&](int r, int i) { sums[r][i] = vdupq_n_s32(0); });
      unrolled<2>([&](int b) {
        add_panel<std::uint8_t, kBlocks, kRows>(rows + b * kBlocks * kPairBlock, v.at[b] + d * 8,
                                                head_dim * 8, sums);
      });
      store_sums<kRows>(sums, d, out);
    }
  }
};

}  // namespace

void attention_s8s8_f32_neon_i8mm_4x64x8(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_neon_i8mm_4x64x8(const AttentionS8Args& args) noexcept {
  attend_s8<NeonRegister, I8mmProducts>(args);
}

}  // namespace pincer::kernels
