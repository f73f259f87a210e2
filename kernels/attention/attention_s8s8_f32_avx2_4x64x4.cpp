// Both products widen bytes to 16 bits and use vpmaddwd: maddubs would saturate, 2 * 255 * 127 is
// more than 16 bits hold. A query's two bytes are one 16-bit operand; a weight's are not: it has no
// sign. A vector holds four columns of four; its sums are two per column, added at the end.
#include "kernels/attention/attention_s8_rows.h"
#include "kernels/elementwise/register_avx2.h"

namespace pincer::kernels {
namespace {

using Sums = __m256i[2];  // of eight columns

inline __m128i load_word(const std::int8_t* p) {
  std::int32_t word;
  __builtin_memcpy(&word, p, sizeof word);
  return _mm_cvtsi32_si128(word);
}

struct QueryRow {
  const std::int8_t *hi, *lo;
  __m256i four(int at) const {
    const __m128i words = _mm_add_epi16(_mm_slli_epi16(_mm_cvtepi8_epi16(load_word(hi + at)), 8),
                                        _mm_cvtepi8_epi16(load_word(lo + at)));
    return _mm256_broadcastq_epi64(words);
  }
};

struct WeightRow {
  const std::int8_t* bytes;
  __m256i four(int at) const {
    return _mm256_broadcastq_epi64(_mm_cvtepu8_epi16(load_word(bytes + at)));
  }
};

// sums[r] += rows[r] from `at` on times eight columns of a panel, over `steps` fours that lie
// `stride` bytes apart.
template <int kRows, class Row>
[[gnu::always_inline]] inline void add_panel(const Row (&rows)[kRows], int at,
                                             const std::uint8_t* panel, int steps, int stride,
                                             Sums (&sums)[kRows]) {
  for (int k = 0; k < steps * 4; k += 4, panel += stride) {
    __m256i columns[2];
    unrolled<2>([&](int i) {
      columns[i] =
          _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(panel + i * 16)));
    });
    unrolled<kRows>([&](int r) {
      const __m256i row = rows[r].four(at + k);
      unrolled<2>([&](int i) {
        sums[r][i] = _mm256_add_epi32(sums[r][i], _mm256_madd_epi16(columns[i], row));
      });
    });
  }
}

template <int kRows, class Operation>
[[gnu::always_inline]] inline void each_sum(Operation operation) {
  unrolled<kRows>([&](int r) { unrolled<2>([&](int i) { operation(r, i); }); });
}

template <int kRows>
[[gnu::always_inline]] inline void store_eight(const Sums (&sums)[kRows], int at,
                                               std::int32_t* const (&out)[kS8TileRows]) {
  unrolled<kRows>([&](int r) {
    const __m256i added = _mm256_hadd_epi32(sums[r][0], sums[r][1]);  // adding is per half
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out[r] + at),
                        _mm256_permute4x64_epi64(added, 0xd8));
  });
}

struct Avx2Products {
  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&)[kS8TileRows], const Panels& k,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    QueryRow rows[kRows];
    unrolled<kRows>([&](int r) { rows[r] = {q.hi[r], q.lo[r]}; });
    for (int key = 0; key < kAttentionStep; key += 8) {
      const std::uint8_t* panel = k.at[key / kKvBlockTokens] + key % kKvBlockTokens * 4;
      Sums sums[kRows];
      each_sum<kRows>([&](int r, int i) { sums[r][i] = _mm256_setzero_si256(); });
      add_panel<kRows>(rows, 0, panel, head_dim / 4, kKvBlockTokens * 4, sums);
      store_eight<kRows>(sums, key, out);
    }
  }

  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&)[kS8TileRows], const Panels& v,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    WeightRow hi[kRows], lo[kRows];
    unrolled<kRows>([&](int r) {
      hi[r] = {u.hi[r]};
      lo[r] = {u.lo[r]};
    });
    const auto both_blocks = [&](const WeightRow(&rows)[kRows], int d, Sums(&sums)[kRows]) {
      for (int b = 0; b < 2; ++b) {
        add_panel<kRows>(rows, b * kKvBlockTokens, v.at[b] + d * 4, kKvBlockTokens / 4,
                         head_dim * 4, sums);
      }
    };
    for (int d = 0; d < head_dim; d += 8) {
      Sums sums[kRows];
      each_sum<kRows>([&](int r, int i) { sums[r][i] = _mm256_setzero_si256(); });
      both_blocks(hi, d, sums);
      each_sum<kRows>([&](int r, int i) { sums[r][i] = _mm256_slli_epi32(sums[r][i], 8); });
      both_blocks(lo, d, sums);
      store_eight<kRows>(sums, d, out);
    }
  }
};

}  // namespace

void attention_s8s8_f32_avx2_4x64x4(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_avx2_4x64x4(const AttentionS8Args& args) noexcept {
  attend_s8<Avx2Register, Avx2Products>(args);
}

}  // namespace pincer::kernels
