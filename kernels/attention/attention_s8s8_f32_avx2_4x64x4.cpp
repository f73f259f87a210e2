// Both products widen bytes to 16 bits and use vpmaddwd: maddubs would saturate, 2 * 255 * 127 is
// more than 16 bits hold. The two bytes of a query are one operand of 16 bits; those of a weight,
// which has no sign, are one after 2^15 is taken off, and the columns' sums times 2^15, which one
// more row computes, make up for it. A vector holds four columns of four; its sums are two per
// column, added at the end.
#include "kernels/attention/attention_s8_rows.h"
#include "kernels/elementwise/register_avx2.h"

namespace pincer::kernels {
namespace {

using Sums = __m256i[2];  // of eight columns

// Four operands of each row of a tile are neighbours: [width / 4][kS8TileRows][4], 16 bits each.
constexpr int kFour = kS8TileRows * 8;  // bytes from four operands of a row to its next four

// `out` gets 256 hi + lo, exclusive-or `flip`, of `rows` rows that are kStride bytes apart; hi
// counts with its sign where kSigned, and lo does.
template <bool kSigned, int kStride>
[[gnu::always_inline]] inline void join_bytes(const std::int8_t* hi, const std::int8_t* lo,
                                              int rows, int width, std::int8_t* out) {
  const __m128i zero = _mm_setzero_si128(), top = _mm_set1_epi16(-0x8000);
  for (int r = 0; r < rows; ++r, hi += kStride, lo += kStride) {
    for (int at = 0; at < width; at += 16) {
      const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(hi + at));
      const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(lo + at));
      __m128i words[2];
      if constexpr (kSigned) {
        // A negative lo takes one off hi.
        const __m128i carried = _mm_add_epi8(high, _mm_cmpgt_epi8(zero, low));
        words[0] = _mm_unpacklo_epi8(low, carried);
        words[1] = _mm_unpackhi_epi8(low, carried);
      } else {
        words[0] = _mm_xor_si128(_mm_unpacklo_epi8(low, high), top);
        words[1] = _mm_xor_si128(_mm_unpackhi_epi8(low, high), top);
      }
      for (int half = 0; half < 2; ++half) {
        std::int8_t* to = out + (at + half * 8) / 4 * kFour + r * 8;
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), words[half]);
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to + kFour),
                         _mm_unpackhi_epi64(words[half], words[half]));
      }
    }
  }
}

// sums[r] += row r from `rows` on times eight columns of a panel, over `fours` fours that lie
// `stride` bytes apart; `columns_too`: one row more, of -2^15.
template <int kRows, bool kColumnsToo>
[[gnu::always_inline]] inline void add_panel(const std::int8_t* rows, const std::uint8_t* panel,
                                             int fours, int stride,
                                             Sums (&sums)[kRows + (kColumnsToo ? 1 : 0)]) {
#pragma GCC unroll 4
  for (int k = 0; k < fours; ++k, rows += kFour, panel += stride) {
    __m256i columns[2];
    unrolled<2>([&](int i) {
      columns[i] =
          _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(panel + i * 16)));
    });
    const auto add = [&](int r, __m256i row) {
      unrolled<2>([&](int i) {
        sums[r][i] = _mm256_add_epi32(sums[r][i], _mm256_madd_epi16(columns[i], row));
      });
    };
    unrolled<kRows>([&](int r) {
      std::int64_t four;
      __builtin_memcpy(&four, rows + r * 8, sizeof four);
      add(r, _mm256_set1_epi64x(four));
    });
    if constexpr (kColumnsToo) add(kRows, _mm256_set1_epi16(-0x8000));
  }
}

inline void store_eight(const Sums& sums, std::int32_t* out) {
  const __m256i added = _mm256_hadd_epi32(sums[0], sums[1]);  // adding is per half
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_permute4x64_epi64(added, 0xd8));
}

struct Avx2Products {
  static void arrange(int rows, int head_dim, std::int8_t* bytes) {
    alignas(32) std::int8_t words[2 * kS8TileRows * kMaxHeadDim];
    join_bytes<true, kMaxHeadDim>(bytes, bytes + kS8TileRows * kMaxHeadDim, rows, head_dim, words);
    __builtin_memcpy(bytes, words, static_cast<unsigned>(head_dim / 4 * kFour));
  }

  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&)[kS8TileRows], const Panels& k,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    for (int key = 0; key < kAttentionStep; key += 8) {
      const std::uint8_t* panel = k.at[key / kKvBlockTokens] + key % kKvBlockTokens * 4;
      Sums sums[kRows] = {};
      add_panel<kRows, false>(q.hi[0], panel, head_dim / 4, kKvBlockTokens * 4, sums);
      unrolled<kRows>([&](int r) { store_eight(sums[r], out[r] + key); });
    }
  }

  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&)[kS8TileRows], const Panels& v,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    alignas(32) std::int8_t words[2 * kS8TileRows * kAttentionStep];
    join_bytes<false, kAttentionStep>(u.hi[0], u.lo[0], kRows, kAttentionStep, words);
    for (int d = 0; d < head_dim; d += 8) {
      Sums sums[kRows + 1] = {};
      for (int b = 0; b < 2; ++b) {
        add_panel<kRows, true>(words + b * kKvBlockTokens / 4 * kFour, v.at[b] + d * 4,
                               kKvBlockTokens / 4, head_dim * 4, sums);
      }
      unrolled<kRows>([&](int r) {
        unrolled<2>([&](int i) { sums[r][i] = _mm256_sub_epi32(sums[r][i], sums[kRows][i]); });
        store_eight(sums[r], out[r] + d);
      });
    }
  }
};

}  // namespace

void attention_s8s8_f32_avx2_4x64x4(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_avx2_4x64x4(const AttentionS8Args& args) noexcept {
  attend_s8<Avx2Register, Avx2Products>(args);
}

}  // namespace pincer::kernels
