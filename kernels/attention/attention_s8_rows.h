// INT8 attention, written once over sixteen lanes and over the integer products of an ISA. Up to
// kAttentionRows rows walk the blocks together, kS8TileRows at a time, so that a step's keys and
// values are read from memory once for all of them.
//
// `Products` is a policy of two functions, which read blocks of the KvShape in the kernel's row:
//   scores<n>(q, correction, k, head_dim, out)   out[r][0 .. kKvBlockTokens) = q[r] . k[key]
//   values<n>(u, correction, v, head_dim, out)   out[r][0 .. head_dim) = sum over the step's keys
//   of
//                                                u[r][key] * v[key]; v: the two blocks' values
// for the first n rows, all exact in s32. q and u are rows of two bytes (BytePair), correction is
// -128 times the sum of the row, which cancels an offset of 128 in k or v.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/attention/attention_s8_softmax.h"
#include "kernels/elementwise/quantize_row.h"

namespace pincer::kernels {
namespace {

inline constexpr int kS8TileRows = 4;
static_assert(kAttentionRows % kS8TileRows == 0);

// Calls operation.template operator()<n>() for n = count.
template <class Operation>
[[gnu::always_inline]] inline void with_rows(int count, Operation operation) {
  switch (count) {
    case 1:
      return operation.template operator()<1>();
    case 2:
      return operation.template operator()<2>();
    case 3:
      return operation.template operator()<3>();
    default:
      return operation.template operator()<kS8TileRows>();
  }
}

// The rows of a tile in two bytes, 256 hi + lo.
struct BytePair {
  const std::int8_t* hi[kS8TileRows];
  const std::int8_t* lo[kS8TileRows];
};

struct alignas(64) S8Tile {
  std::int8_t q_hi[kS8TileRows][kMaxHeadDim];
  std::int8_t q_lo[kS8TileRows][kMaxHeadDim];
  RowState state[kS8TileRows];
  int count = 0;
  int begin = 0, end = 0;  // the keys that any of its rows sees
  BytePair q = {};
  std::int32_t correction[kS8TileRows] = {};
  float score_scale[kS8TileRows] = {};
  int row_begin[kS8TileRows] = {}, row_end[kS8TileRows] = {};
  float* out[kS8TileRows] = {};
};

// K or V of two blocks.
struct Panels {
  const std::uint8_t* at[2];
  const std::uint8_t* next[2];
};

// The two blocks of a step. Where the second does not exist the first stands in: no row sees it.
struct Step {
  const std::uint8_t* block[2];
  const std::uint8_t* next[2];  // of the next step, or any
  int first_key;
};

struct alignas(64) StepBuffers {
  std::int32_t dots[kS8TileRows][kAttentionStep];
  float scores[kS8TileRows][kAttentionStep];
  std::int8_t weights_hi[kS8TileRows][kAttentionStep];
  std::int8_t weights_lo[kS8TileRows][kAttentionStep];
  std::int32_t products[kS8TileRows][kMaxHeadDim];
  ValueScales whole, part;  // of rows that see all keys of the step; of another
};

template <class Register>
inline void add_values(const StepResult& step, const std::int32_t* products, int head_dim,
                       float* out) {
  using Lanes = Lanes16<Register>;
  const Lanes scale = Lanes::broadcast(step.weight_scale), decay = Lanes::broadcast(step.decay);
  for (int d = 0; d < head_dim; d += kLanes) {
    const Lanes product = load_integers<Register>(products + d);
    if (step.first) {
      (product * scale).store(out + d);
    } else {
      fma(product, scale, Lanes::load(out + d) * decay).store(out + d);
    }
  }
}

// What row r of a tile sees of a step.
inline bool visible_keys(const S8Tile& tile, int r, int first_key, StepKeys& keys) {
  const int begin = tile.row_begin[r] - first_key, end = tile.row_end[r] - first_key;
  keys.begin = begin < 0 ? 0 : begin;
  keys.end = end > kAttentionStep ? kAttentionStep : end;
  return keys.begin < keys.end;
}

// Softmax of a tile's rows. In two passes, so that the rows' chains of operations overlap.
template <class Register>
inline void softmax_rows(const Step& step, StepKeys keys, float cap, StepBuffers& buffers,
                         S8Tile& tile, StepResult (&results)[kS8TileRows],
                         bool (&sees)[kS8TileRows]) {
  for (int r = 0; r < tile.count; ++r) {
    sees[r] = visible_keys(tile, r, step.first_key, keys);
    if (!sees[r]) continue;
    results[r].decay = score_step<Register>(buffers.dots[r], keys, tile.score_scale[r], cap,
                                            tile.state[r], buffers.scores[r], results[r].first);
  }
  for (int r = 0; r < tile.count; ++r) {
    if (!visible_keys(tile, r, step.first_key, keys)) continue;
    const bool whole = keys.begin == 0 && keys.end == kAttentionStep;
    if (!whole) scale_values<Register>(keys, buffers.part);
    const ValueScales& values = whole ? buffers.whole : buffers.part;
    results[r].weight_sum =
        weight_step<Register>(buffers.scores[r], values, results[r].decay, tile.state[r],
                              buffers.weights_hi[r], buffers.weights_lo[r]);
    results[r].weight_scale = values.weight_scale;
  }
}

template <class Register, class Products>
inline void step_tile(const Step& step, const StepKeys& keys, int head_dim, float cap,
                      StepBuffers& buffers, S8Tile& tile) {
  if (step.first_key >= tile.end || step.first_key + kAttentionStep <= tile.begin) return;
  std::int32_t *dots[kS8TileRows], *products[kS8TileRows];
  BytePair weights;
  for (int r = 0; r < kS8TileRows; ++r) {
    dots[r] = buffers.dots[r];
    products[r] = buffers.products[r];
    weights.hi[r] = buffers.weights_hi[r];
    weights.lo[r] = buffers.weights_lo[r];
  }
  StepResult results[kS8TileRows] = {};
  bool sees[kS8TileRows] = {};
  Panels keys_of_step, values;
  for (int b = 0; b < 2; ++b) {
    keys_of_step.at[b] = step.block[b];
    keys_of_step.next[b] = step.next[b];
    values.at[b] = step.block[b] + kv_half_bytes(head_dim);
    values.next[b] = step.next[b] + kv_half_bytes(head_dim);
  }
  with_rows(tile.count, [&]<int kRows>() {
    Products::template scores<kRows>(tile.q, tile.correction, keys_of_step, head_dim, dots);
    softmax_rows<Register>(step, keys, cap, buffers, tile, results, sees);
    std::int32_t correction[kS8TileRows];
    for (int r = 0; r < kRows; ++r) correction[r] = -128 * results[r].weight_sum;
    Products::template values<kRows>(weights, correction, values, head_dim, products);
  });
  for (int r = 0; r < tile.count; ++r) {
    if (sees[r]) add_values<Register>(results[r], products[r], head_dim, tile.out[r]);
  }
}

// A query as two bytes; returns the scale of 256 hi + lo. `sum` receives the sum of the row.
template <class Register>
inline float split_query(const float* q, int head_dim, std::int8_t* hi, std::int8_t* lo,
                         std::int32_t& sum) {
  using Lanes = Lanes16<Register>;
  constexpr float kFull = 127.0f * 256.0f;
  const float largest = largest_magnitude<Register>(q, head_dim);
  const Lanes factor = Lanes::broadcast(largest < kSmallestMagnitude ? 0.0f : kFull / largest);
  auto sums = Register::broadcast_bits(0);
  for (int d = 0; d < head_dim; d += kLanes) {
    round_to_byte_pairs<Register>(Lanes::load(q + d) * factor, 128, hi + d, lo + d, sums);
  }
  sum = static_cast<std::int32_t>(Register::sum_bits(sums));
  return largest / kFull;
}

template <class Register>
inline void add_row(const AttentionS8Args& args, int row, S8Tile& tile) {
  constexpr float kLog2e = 1.44269504f;
  const int r = tile.count++;
  std::int32_t sum;
  const float q_scale = split_query<Register>(args.q + args.q_offset[row], args.head_dim,
                                              tile.q_hi[r], tile.q_lo[r], sum);
  tile.q.hi[r] = tile.q_hi[r];
  tile.q.lo[r] = tile.q_lo[r];
  tile.correction[r] = -128 * sum;
  tile.score_scale[r] = q_scale * (args.scale * kLog2e);
  tile.out[r] = args.out + args.q_offset[row];
  const int begin = args.kv_begin ? args.kv_begin[row] : 0, end = args.kv_end[row];
  assert(begin >= 0 && begin < end);
  tile.row_begin[r] = begin;
  tile.row_end[r] = end;
  if (r == 0 || begin < tile.begin) tile.begin = begin;
  if (end > tile.end) tile.end = end;
}

// Rows first .. first + kAttentionRows - 1, as far as there are so many.
template <class Register, class Products>
inline void attend_s8_rows(const AttentionS8Args& args, int first) {
  constexpr int kTiles = kAttentionRows / kS8TileRows;
  constexpr float kLog2e = 1.44269504f;
  constexpr int kScaleLines = 2 * kKvBlockTokens * static_cast<int>(sizeof(float)) / 64;
  S8Tile tiles[kTiles];
  StepBuffers buffers;
  const int rows = args.rows - first < kAttentionRows ? args.rows - first : kAttentionRows;
  for (int i = 0; i < rows; ++i) add_row<Register>(args, first + i, tiles[i / kS8TileRows]);
  const int used = (rows + kS8TileRows - 1) / kS8TileRows;
  int begin = tiles[0].begin, end = tiles[0].end;
  for (int t = 1; t < used; ++t) {
    if (tiles[t].begin < begin) begin = tiles[t].begin;
    if (tiles[t].end > end) end = tiles[t].end;
  }
  for (int key = begin / kAttentionStep * kAttentionStep; key < end; key += kAttentionStep) {
    const std::uint8_t* const* blocks = args.blocks + key / kKvBlockTokens;
    // A window may begin in a step's second block, and the last key be in its first.
    const bool low = begin<key + kKvBlockTokens, high = end> key + kKvBlockTokens;
    Step step{{blocks[low ? 0 : 1], blocks[high ? 1 : 0]}, {}, key};
    for (int b = 0; b < 2; ++b) {
      step.next[b] = key + (b + 2) * kKvBlockTokens < end ? blocks[b + 2] : step.block[b];
      const std::uint8_t* scales = step.next[b] + 2 * kv_half_bytes(args.head_dim);
      unrolled<kScaleLines>([&](int line) { __builtin_prefetch(scales + line * 64); });
    }
    StepKeys keys{.k_scale = {}, .v_scale = {}, .begin = 0, .end = kAttentionStep};
    for (int b = 0; b < 2; ++b) {
      keys.k_scale[b] =
          reinterpret_cast<const float*>(step.block[b] + 2 * kv_half_bytes(args.head_dim));
      keys.v_scale[b] = keys.k_scale[b] + kKvBlockTokens;
    }
    scale_values<Register>(keys, buffers.whole);
    for (int t = 0; t < used; ++t) {
      step_tile<Register, Products>(step, keys, args.head_dim, args.soft_cap * kLog2e, buffers,
                                    tiles[t]);
    }
  }
  for (int i = 0; i < rows; ++i) {
    using Lanes = Lanes16<Register>;
    const S8Tile& tile = tiles[i / kS8TileRows];
    const Lanes inverse =
        Lanes::broadcast(1.0f / sum(Lanes::load(tile.state[i % kS8TileRows].sums)));
    float* out = tile.out[i % kS8TileRows];
    for (int d = 0; d < args.head_dim; d += kLanes) (Lanes::load(out + d) * inverse).store(out + d);
  }
}

template <class Register, class Products>
inline void attend_s8(const AttentionS8Args& args) {
  assert(args.head_dim > 0 && args.head_dim % kLanes == 0 && args.head_dim <= kMaxHeadDim);
  for (int first = 0; first < args.rows; first += kAttentionRows) {
    attend_s8_rows<Register, Products>(args, first);
  }
}

}  // namespace
}  // namespace pincer::kernels
