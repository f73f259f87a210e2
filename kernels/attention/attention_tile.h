// Register tiles of attention: a few rows of scores, and a few rows of output, over sixteen lanes.
//
// A tile keeps kRows x kVectors sums of sixteen lanes in registers. Rows share the loads of K and
// V, vectors share the broadcasts of q and p. pick_vectors() makes the tile as wide as the ISA's
// registers allow. Tiles are functions of their own, not inlined, so that nothing around them takes
// registers from the loops.
#pragma once

#include <cstdint>

#include "kernels/elementwise/lanes16.h"
#include "kernels/elementwise/unrolled.h"
#include "pincer/kernels/attention.h"

namespace pincer::kernels {
namespace {

inline constexpr int kTileRows = 4;

// The most vectors of sixteen lanes, a power of two up to `limit`, for which the sums of `rows`
// rows fit in `registers`.
template <class Register>
constexpr int pick_vectors(int rows, int limit, int registers) {
  int vectors = 1;
  while (vectors * 2 <= limit && rows * vectors * 2 * Lanes16<Register>::kRegisters <= registers) {
    vectors *= 2;
  }
  return vectors;
}

// operation(row, vector) for each sum of a tile.
template <int kRows, int kVectors, class Operation>
[[gnu::always_inline]] inline void each_sum(Operation operation) {
  unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int v) { operation(r, v); }); });
}

// sums[r][v] += factors[r] * row[v * 16 ...], fused.
template <class Register, class Element, int kRows, int kVectors>
[[gnu::always_inline]] inline void add_products(const float (&factors)[kRows], const Element* row,
                                                Lanes16<Register> (&sums)[kRows][kVectors]) {
  using Lanes = Lanes16<Register>;
  Lanes operands[kVectors];
  unrolled<kVectors>([&](int v) { operands[v] = Lanes::load(row + v * kLanes).kept(); });
  unrolled<kRows>([&](int r) {
    const Lanes factor = Lanes::broadcast(factors[r]);
    unrolled<kVectors>([&](int v) { sums[r][v] = fma(factor, operands[v], sums[r][v]); });
  });
}

// scores[r][lane] = scale * (fma over d ascending of q[r][d] * k[d][lane]) for kVectors * 16 keys.
// k: the first of these keys in a K block, [head_dim][kKvBlockTokens].
template <class Register, int kRows, int kVectors, class Element>
[[gnu::noinline]] void score_tile(const float* const (&q)[kTileRows], const Element* k,
                                  int head_dim, float scale, float* const (&scores)[kTileRows]) {
  using Lanes = Lanes16<Register>;
  Lanes sums[kRows][kVectors];
  each_sum<kRows, kVectors>([&](int r, int v) { sums[r][v] = Lanes::broadcast(0.0f); });
  for (int d = 0; d < head_dim; ++d, k += kKvBlockTokens) {
    float queries[kRows];
    unrolled<kRows>([&](int r) { queries[r] = q[r][d]; });
    add_products<Register>(queries, k, sums);
  }
  const Lanes factor = Lanes::broadcast(scale);
  each_sum<kRows, kVectors>(
      [&](int r, int v) { (sums[r][v] * factor).store(scores[r] + v * kLanes); });
}

// out[r][lane] = fma over j ascending of p[r][j] * values[j][lane], j < keys, from out[r][lane]
// (`resume`) or 0, for kVectors * 16 dimensions. values: the first of these dimensions in a V
// block, [kKvBlockTokens][head_dim].
template <class Register, int kRows, int kVectors, class Element>
[[gnu::noinline]] void value_tile(const float* const (&p)[kTileRows], const Element* values,
                                  int head_dim, int keys, bool resume,
                                  float* const (&out)[kTileRows]) {
  using Lanes = Lanes16<Register>;
  Lanes sums[kRows][kVectors];
  if (resume) {
    each_sum<kRows, kVectors>([&](int r, int v) { sums[r][v] = Lanes::load(out[r] + v * kLanes); });
  } else {
    each_sum<kRows, kVectors>([&](int r, int v) { sums[r][v] = Lanes::broadcast(0.0f); });
  }
  for (int j = 0; j < keys; ++j, values += head_dim) {
    float weights[kRows];
    unrolled<kRows>([&](int r) { weights[r] = p[r][j]; });
    add_products<Register>(weights, values, sums);
  }
  each_sum<kRows, kVectors>([&](int r, int v) { sums[r][v].store(out[r] + v * kLanes); });
}

// Scores of kRows rows with a whole K block.
template <class Register, int kRows, int kRegisters, class Element>
inline void score_block(const float* const (&q)[kTileRows], const Element* k, int head_dim,
                        float scale, float* const (&scores)[kTileRows]) {
  constexpr int kVectors = pick_vectors<Register>(kRows, kKvBlockTokens / kLanes, kRegisters);
  for (int key = 0; key < kKvBlockTokens; key += kVectors * kLanes) {
    float* at[kTileRows] = {};
    for (int r = 0; r < kRows; ++r) at[r] = scores[r] + key;
    score_tile<Register, kRows, kVectors>(q, k + key, head_dim, scale, at);
  }
}

// One V tile, from dimension `first_dim`.
template <class Register, int kRows, int kVectors, class Element>
inline void value_tile_at(int first_dim, const float* const (&p)[kTileRows], const Element* values,
                          int head_dim, int keys, bool resume, float* const (&out)[kTileRows]) {
  float* at[kTileRows] = {};
  for (int r = 0; r < kRows; ++r) at[r] = out[r] + first_dim;
  value_tile<Register, kRows, kVectors>(p, values + first_dim, head_dim, keys, resume, at);
}

// The first `keys` keys of a V block for kRows rows.
template <class Register, int kRows, int kRegisters, class Element>
inline void value_block(const float* const (&p)[kTileRows], const Element* values, int head_dim,
                        int keys, bool resume, float* const (&out)[kTileRows]) {
  constexpr int kWide = pick_vectors<Register>(kRows, 4, kRegisters);
  int dim = 0;
  for (; dim + kWide * kLanes <= head_dim; dim += kWide * kLanes) {
    value_tile_at<Register, kRows, kWide>(dim, p, values, head_dim, keys, resume, out);
  }
  for (; dim < head_dim; dim += kLanes) {
    value_tile_at<Register, kRows, 1>(dim, p, values, head_dim, keys, resume, out);
  }
}

}  // namespace
}  // namespace pincer::kernels
