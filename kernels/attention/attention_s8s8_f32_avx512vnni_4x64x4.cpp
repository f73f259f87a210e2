// vpdpbusd multiplies unsigned by signed bytes. In scores the unsigned operand is the stored key, k
// + 128, which the row's correction cancels; in values it is the weight.
#include "kernels/attention/attention_s8_rows.h"
#include "kernels/elementwise/register_avx512.h"

namespace pincer::kernels {
namespace {

inline __m512i broadcast4(const std::int8_t* p) {
  std::int32_t word;
  __builtin_memcpy(&word, p, sizeof word);
  return _mm512_set1_epi32(word);
}

// Two lines, to the second-level cache.
inline void prefetch2(const std::uint8_t* p) {
  __builtin_prefetch(p, 0, 2);
  __builtin_prefetch(p + 64, 0, 2);
}

template <int kRows, int kVectors, class Operation>
[[gnu::always_inline]] inline void each_sum(Operation operation) {
  unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int i) { operation(r, i); }); });
}

// sums[r][i] += rows[r][0 .. 3] times columns[i]; kRowsUnsigned: the rows are the unsigned operand.
template <bool kRowsUnsigned, int kRows, int kVectors>
[[gnu::always_inline]] inline void add_four(const std::int8_t* const (&rows)[kS8TileRows], int at,
                                            const __m512i (&columns)[kVectors],
                                            __m512i (&sums)[kRows][kVectors]) {
  unrolled<kRows>([&](int r) {
    const __m512i row = broadcast4(rows[r] + at);
    unrolled<kVectors>([&](int i) {
      sums[r][i] = kRowsUnsigned ? _mm512_dpbusd_epi32(sums[r][i], row, columns[i])
                                 : _mm512_dpbusd_epi32(sums[r][i], columns[i], row);
    });
  });
}

// The step's 64 keys are four vectors, two of each block.
template <int kPass, int kRows>
[[gnu::always_inline]] inline void add_scores(const std::int8_t* const (&q)[kS8TileRows],
                                              const Panels& k, int head_dim,
                                              __m512i (&sums)[kRows][4]) {
  for (int d = 0; d < head_dim; d += 4) {
    prefetch2(k.next + kPass * kv_half_bytes(head_dim) + d * 32);
    __m512i keys[4];
    unrolled<4>([&](int i) {
      keys[i] = _mm512_loadu_si512(k.at[i / 2] + d * kKvBlockTokens + i % 2 * 64);
    });
    add_four<false>(q, d, keys, sums);
  }
}

// kVectors vectors of 16 dimensions from `first` on.
template <int kPass, int kRows, int kVectors>
[[gnu::always_inline]] inline void add_values(const std::int8_t* const (&u)[kS8TileRows],
                                              const Panels& v, int head_dim, int first,
                                              __m512i (&sums)[kRows][kVectors]) {
  for (int b = 0; b < 2; ++b) {
    const std::uint8_t* values = v.at[b] + first * 4;
    for (int key = 0; key < kKvBlockTokens; key += 4, values += head_dim * 4) {
      if constexpr (kVectors == 4) {
        prefetch2(v.next + kPass * kv_half_bytes(head_dim) + first * 32 +
                  (b * kKvBlockTokens + key) * 32);
      }
      __m512i panel[kVectors];
      unrolled<kVectors>([&](int i) { panel[i] = _mm512_loadu_si512(values + i * 64); });
      add_four<true>(u, b * kKvBlockTokens + key, panel, sums);
    }
  }
}

template <int kRows, int kVectors>
inline void value_vectors(const BytePair& u, const Panels& v, int head_dim, int first,
                          std::int32_t* const (&out)[kS8TileRows]) {
  __m512i sums[kRows][kVectors];
  each_sum<kRows, kVectors>([&](int r, int i) { sums[r][i] = _mm512_setzero_si512(); });
  add_values<0, kRows>(u.hi, v, head_dim, first, sums);
  each_sum<kRows, kVectors>(
      [&](int r, int i) { sums[r][i] = _mm512_maskz_slli_epi32(0xffff, sums[r][i], 8); });
  add_values<1, kRows>(u.lo, v, head_dim, first, sums);
  each_sum<kRows, kVectors>(
      [&](int r, int i) { _mm512_storeu_si512(out[r] + first + i * kLanes, sums[r][i]); });
}

struct Avx512VnniProducts {
  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&correction)[kS8TileRows],
                     const Panels& k, int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    __m512i sums[kRows][4];
    each_sum<kRows, 4>([&](int r, int i) { sums[r][i] = _mm512_setzero_si512(); });
    add_scores<0, kRows>(q.hi, k, head_dim, sums);
    each_sum<kRows, 4>([&](int r, int i) {
      sums[r][i] = _mm512_add_epi32(_mm512_maskz_slli_epi32(0xffff, sums[r][i], 8),
                                    _mm512_set1_epi32(correction[r]));
    });
    add_scores<1, kRows>(q.lo, k, head_dim, sums);
    each_sum<kRows, 4>([&](int r, int i) { _mm512_storeu_si512(out[r] + i * kLanes, sums[r][i]); });
  }

  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&)[kS8TileRows], const Panels& v,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    int d = 0;
    for (; d + 4 * kLanes <= head_dim; d += 4 * kLanes) {
      value_vectors<kRows, 4>(u, v, head_dim, d, out);
    }
    for (; d < head_dim; d += kLanes) value_vectors<kRows, 1>(u, v, head_dim, d, out);
  }
};

}  // namespace

void attention_s8s8_f32_avx512vnni_4x64x4(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_avx512vnni_4x64x4(const AttentionS8Args& args) noexcept {
  attend_s8<Avx512Register, Avx512VnniProducts>(args);
}

}  // namespace pincer::kernels
