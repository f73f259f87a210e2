// The integer products of INT8 attention by vpdpbusd, over the registers of kernels/gemm. It
// multiplies unsigned by signed bytes: in scores the unsigned operand is the stored key, k + 128,
// which the row's correction cancels; in values it is the weight.
//
// `R` adds to those registers: add_integers(a, b), times_256(a), store_integers(to, a).
#pragma once

#include <cstdint>

#include "kernels/attention/attention_s8_rows.h"

namespace pincer::kernels {
namespace {

template <class R>
struct VnniProducts {
  using Int = typename R::Int;
  template <int kRows, int kVectors>
  using Sums = Int[kRows][kVectors];

  // Vectors of columns of a tile: kRows times as many sums, as many columns and a row's four bytes
  // fit the registers.
  template <int kRows>
  static constexpr int vectors() {
    int vectors = kAttentionStep / R::kLanes;
    while ((kRows + 1) * vectors + 1 > R::kRegisters) vectors /= 2;
    return vectors;
  }

  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&correction)[kS8TileRows],
                     const Panels& k, int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    constexpr int kVectors = vectors<kRows>();
    for (int key = 0; key < kAttentionStep; key += kVectors * R::kLanes) {
      score_keys<kRows, kVectors>(q, correction, k, head_dim, key, out);
    }
  }

  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&)[kS8TileRows], const Panels& v,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    // Four lines of a panel at a time are read in order.
    constexpr int kMost = 64 / R::kLanes;
    constexpr int kVectors = vectors<kRows>() < kMost ? vectors<kRows>() : kMost;
    int d = 0;
    for (; d + kVectors * R::kLanes <= head_dim; d += kVectors * R::kLanes) {
      value_columns<kRows, kVectors>(u, v, head_dim, d, out);
    }
    for (; d < head_dim; d += 16) value_columns<kRows, 16 / R::kLanes>(u, v, head_dim, d, out);
  }

 private:
  template <int kRows, int kVectors, class Operation>
  [[gnu::always_inline]] static void each_sum(Operation operation) {
    unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int i) { operation(r, i); }); });
  }

  // A line of either block, to the second-level cache.
  [[gnu::always_inline]] static void prefetch(const Panels& panels, std::int64_t at) {
    __builtin_prefetch(panels.ahead[0] + at, 0, 2);
    __builtin_prefetch(panels.ahead[1] + at, 0, 2);
  }

  // sums[r][i] += rows[r][at .. at + 3] times columns[i]; kRowsUnsigned: the rows are the unsigned
  // operand.
  template <bool kRowsUnsigned, int kRows, int kVectors>
  [[gnu::always_inline]] static void add_four(const std::int8_t* const (&rows)[kS8TileRows], int at,
                                              const Int (&columns)[kVectors],
                                              Sums<kRows, kVectors>& sums) {
    unrolled<kRows>([&](int r) {
      std::int32_t word;
      __builtin_memcpy(&word, rows[r] + at, sizeof word);
      const Int row = R::broadcast(word);
      unrolled<kVectors>([&](int i) {
        sums[r][i] = kRowsUnsigned ? R::dot(sums[r][i], row, columns[i])
                                   : R::dot(sums[r][i], columns[i], row);
      });
    });
  }

  // One byte of the rows times kVectors vectors of keys from `first` on.
  template <int kPass, int kRows, int kVectors>
  [[gnu::always_inline]] static void add_scores(const std::int8_t* const (&q)[kS8TileRows],
                                                const Panels& k, int head_dim, int first,
                                                Sums<kRows, kVectors>& sums) {
    constexpr int kGroup = kVectors * R::kLanes, kGroups = kAttentionStep / kGroup;
#pragma GCC unroll 4
    for (int d = 0; d < head_dim; d += 4) {
      if (d / 4 % kGroups == first / kGroup) {
        prefetch(k, kPass * kv_half_bytes(head_dim) / 2 + d * 16);
      }
      Int keys[kVectors];
      unrolled<kVectors>([&](int i) {
        const int key = first + i * R::kLanes;
        keys[i] =
            R::load(k.at[key / kKvBlockTokens] + d * kKvBlockTokens + key % kKvBlockTokens * 4);
      });
      add_four<false>(q, d, keys, sums);
    }
  }

  template <int kRows, int kVectors>
  static void score_keys(const BytePair& q, const std::int32_t (&correction)[kS8TileRows],
                         const Panels& k, int head_dim, int first,
                         std::int32_t* const (&out)[kS8TileRows]) {
    Sums<kRows, kVectors> sums;
    each_sum<kRows, kVectors>([&](int r, int i) { sums[r][i] = R::broadcast(0); });
    add_scores<0, kRows>(q.hi, k, head_dim, first, sums);
    each_sum<kRows, kVectors>([&](int r, int i) {
      sums[r][i] = R::add_integers(R::times_256(sums[r][i]), R::broadcast(correction[r]));
    });
    add_scores<1, kRows>(q.lo, k, head_dim, first, sums);
    each_sum<kRows, kVectors>(
        [&](int r, int i) { R::store_integers(out[r] + first + i * R::kLanes, sums[r][i]); });
  }

  template <int kPass, int kRows, int kVectors>
  [[gnu::always_inline]] static void add_values(const std::int8_t* const (&u)[kS8TileRows],
                                                const Panels& v, int head_dim, int first,
                                                Sums<kRows, kVectors>& sums) {
    constexpr int kColumns = kVectors * R::kLanes;  // half as many lines in 32 turns
    static_assert(kColumns <= 64);
    for (int b = 0; b < 2; ++b) {
      const std::uint8_t* values = v.at[b] + first * 4;
#pragma GCC unroll 4
      for (int key = 0; key < kKvBlockTokens; key += 4, values += head_dim * 4) {
        const int turn = (kPass * 2 + b) * kKvBlockTokens / 4 + key / 4;
        if (turn % (64 / kColumns) == 0) prefetch(v, first * 32 + turn * kColumns);
        Int panel[kVectors];
        unrolled<kVectors>([&](int i) { panel[i] = R::load(values + i * R::kLanes * 4); });
        add_four<true>(u, b * kKvBlockTokens + key, panel, sums);
      }
    }
  }

  // kVectors vectors of dimensions from `first` on.
  template <int kRows, int kVectors>
  static void value_columns(const BytePair& u, const Panels& v, int head_dim, int first,
                            std::int32_t* const (&out)[kS8TileRows]) {
    Sums<kRows, kVectors> sums;
    each_sum<kRows, kVectors>([&](int r, int i) { sums[r][i] = R::broadcast(0); });
    add_values<0, kRows>(u.hi, v, head_dim, first, sums);
    each_sum<kRows, kVectors>([&](int r, int i) { sums[r][i] = R::times_256(sums[r][i]); });
    add_values<1, kRows>(u.lo, v, head_dim, first, sums);
    each_sum<kRows, kVectors>(
        [&](int r, int i) { R::store_integers(out[r] + first + i * R::kLanes, sums[r][i]); });
  }
};

}  // namespace
}  // namespace pincer::kernels
