// INT8 attention, written once over sixteen lanes and over the integer products of an ISA. Up to
// kAttentionRows rows walk the blocks together, kS8TileRows at a time, so that a step's keys and
// values are read from memory once for all of them.
//
// A tile's softmax of one step, its scores of the next and its values of the first follow each
// other: none waits for the one before it, so long chains of operations overlap.
//
// `Products` is a policy of two functions, which read blocks of the KvShape in the kernel's row:
//   scores<n>(q, correction, k, head_dim, out): out[r][key] = q[r] . k[key] for the step's keys
//   values<n>(u, correction, v, head_dim, out): out[r][d] = sum over the keys of u[r][key]
//   v[key][d]
// for the first n rows, all exact in s32. q and u are rows of two bytes (BytePair), correction is
// -128 times the sum of the row, which cancels an offset of 128 in k or v.
//
// A policy may also have
//   arrange(rows, head_dim, bytes): gives a tile's queries, once, the order that its `scores`
//   reads; bytes: S8Tile::q_bytes, where BytePair points to
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/attention/attention_s8_tile.h"

namespace pincer::kernels {
namespace {

// K or V of a step's two blocks, and a block of a later step to ask memory for meanwhile: from its
// start to its end, evenly spread over the work, so that the hardware's prefetcher follows.
struct Panels {
  const std::uint8_t* at[2];
  const std::uint8_t* next;
};

// The blocks of a step. Where one of them does not exist the other stands in: no row sees it.
struct Step {
  const std::uint8_t* block[2];
  int first_key;
};

struct alignas(64) StepBuffers {
  float scores[kS8TileRows][kAttentionStep];
  std::int8_t weights_hi[kS8TileRows][kAttentionStep];
  std::int8_t weights_lo[kS8TileRows][kAttentionStep];
  std::int32_t products[kS8TileRows][kMaxHeadDim];
  StepResult results[kS8TileRows];
  bool sees[kS8TileRows];
  ValueScales whole, part;  // of rows that see all keys of the step; of another
};

// All rows of a call that are at work, and the keys that any of them sees.
struct RowSet {
  const AttentionS8Args& args;
  int begin = 0, end = 0;

  // A window may begin in a step's second block, and the last key be in its first.
  Step step(int first_key) const {
    const std::uint8_t* const* blocks = args.blocks + first_key / kKvBlockTokens;
    const bool low = begin<first_key + kKvBlockTokens, high = end> first_key + kKvBlockTokens;
    return {{blocks[low ? 0 : 1], blocks[high ? 1 : 0]}, first_key};
  }
  Step step_after(const Step& step) const {
    const int key = step.first_key + kAttentionStep;
    return key < end ? this->step(key) : step;
  }
};

inline void prefetch_scales(const Step& step, int head_dim) {
  constexpr int kLines = 2 * kKvBlockTokens * static_cast<int>(sizeof(float)) / 64;
  for (int b = 0; b < 2; ++b) {
    const std::uint8_t* scales = step.block[b] + 2 * kv_half_bytes(head_dim);
    unrolled<kLines>([&](int line) { __builtin_prefetch(scales + line * 64, 0, 2); });
  }
}

inline StepKeys all_keys(const Step& step, int head_dim) {
  StepKeys keys{.k_scale = {}, .v_scale = {}, .begin = 0, .end = kAttentionStep};
  for (int b = 0; b < 2; ++b) {
    keys.k_scale[b] = reinterpret_cast<const float*>(step.block[b] + 2 * kv_half_bytes(head_dim));
    keys.v_scale[b] = keys.k_scale[b] + kKvBlockTokens;
  }
  return keys;
}

// What row r of a tile sees of a step.
inline bool visible_keys(const S8Tile& tile, int r, int first_key, StepKeys& keys) {
  const int begin = tile.row_begin[r] - first_key, end = tile.row_end[r] - first_key;
  keys.begin = begin < 0 ? 0 : begin;
  keys.end = end > kAttentionStep ? kAttentionStep : end;
  return keys.begin < keys.end;
}

template <class Products>
inline void score_tile(const Step& step, const Step& next, int head_dim, S8Tile& tile) {
  std::int32_t* dots[kS8TileRows];
  for (int r = 0; r < kS8TileRows; ++r) dots[r] = tile.dots[r];
  with_rows(tile.count, [&]<int kRows>() {
    Products::template scores<kRows>(
        tile.q, tile.correction, {{step.block[0], step.block[1]}, next.block[0]}, head_dim, dots);
  });
}

// In two passes, so that the rows' chains of operations overlap.
template <class Register, class Products>
inline void softmax_tile(const Step& step, StepKeys keys, float cap, StepBuffers& buffers,
                         S8Tile& tile) {
  for (int r = 0; r < tile.count; ++r) {
    buffers.sees[r] = visible_keys(tile, r, step.first_key, keys);
    if (!buffers.sees[r]) continue;
    buffers.results[r].decay =
        StepMath<Register>::score_step(tile.dots[r], keys, tile.score_scale[r], cap, tile.state[r],
                                       buffers.scores[r], buffers.results[r].first);
  }
  for (int r = 0; r < tile.count; ++r) {
    if (!visible_keys(tile, r, step.first_key, keys)) continue;
    const bool whole = keys.begin == 0 && keys.end == kAttentionStep;
    if (!whole) scale_values<Register>(keys, buffers.part);
    const ValueScales& values = whole ? buffers.whole : buffers.part;
    StepResult& result = buffers.results[r];
    const std::int32_t sum =
        StepMath<Register>::weight_step(buffers.scores[r], values, result.decay, tile.state[r],
                                        buffers.weights_hi[r], buffers.weights_lo[r]);
    if constexpr (requires { Products::kCorrectsValues; }) result.weight_sum = sum;
    result.weight_scale = values.weight_scale;
  }
}

template <class Register, class Products>
inline void value_tile(const Step& step, const Step& after, int head_dim, StepBuffers& buffers,
                       S8Tile& tile) {
  BytePair weights;
  std::int32_t correction[kS8TileRows] = {};
  std::int32_t* products[kS8TileRows];
  for (int r = 0; r < kS8TileRows; ++r) {
    weights.hi[r] = buffers.weights_hi[r];
    weights.lo[r] = buffers.weights_lo[r];
    products[r] = buffers.products[r];
    if (r < tile.count) correction[r] = -128 * buffers.results[r].weight_sum;
  }
  const std::int64_t offset = kv_half_bytes(head_dim);
  const Panels values = {{step.block[0] + offset, step.block[1] + offset}, after.block[1]};
  with_rows(tile.count, [&]<int kRows>() {
    Products::template values<kRows>(weights, correction, values, head_dim, products);
  });
  for (int r = 0; r < tile.count; ++r) {
    if (buffers.sees[r]) {
      StepMath<Register>::add_values(buffers.results[r], products[r], head_dim, tile.out[r]);
    }
  }
}

template <class Register>
inline void finish_tile(const S8Tile& tile, int head_dim) {
  using Lanes = Lanes16<Register>;
  for (int r = 0; r < tile.count; ++r) {
    const Lanes inverse = Lanes::broadcast(1.0f / sum(Lanes::load(tile.state[r].sums)));
    float* out = tile.out[r];
    for (int d = 0; d < head_dim; d += kLanes) (Lanes::load(out + d) * inverse).store(out + d);
  }
}

// Rows first .. first + kAttentionRows - 1, as far as there are so many.
template <class Register, class Products>
inline void attend_s8_rows(const AttentionS8Args& args, int first) {
  constexpr float kLog2e = 1.44269504f;
  const int head_dim = args.head_dim;
  S8Tile tiles[kAttentionRows / kS8TileRows];
  StepBuffers buffers = {};
  const int rows = args.rows - first < kAttentionRows ? args.rows - first : kAttentionRows;
  for (int i = 0; i < rows; ++i) add_row<Register>(args, first + i, tiles[i / kS8TileRows]);
  const int used = (rows + kS8TileRows - 1) / kS8TileRows;
  for (int t = 0; t < used; ++t) {
    if constexpr (requires { Products::arrange(0, head_dim, tiles[t].q_bytes); }) {
      Products::arrange(tiles[t].count, head_dim, tiles[t].q_bytes);
    }
  }
  RowSet set{args, tiles[0].begin, tiles[0].end};
  for (int t = 1; t < used; ++t) {
    if (tiles[t].begin < set.begin) set.begin = tiles[t].begin;
    if (tiles[t].end > set.end) set.end = tiles[t].end;
  }
  Step step = set.step(set.begin / kAttentionStep * kAttentionStep);
  Step next = set.step_after(step);
  for (int t = 0; t < used; ++t) {
    if (tiles[t].sees_step(step.first_key)) score_tile<Products>(step, next, head_dim, tiles[t]);
  }
  while (true) {
    const StepKeys keys = all_keys(step, head_dim);
    scale_values<Register>(keys, buffers.whole);
    const Step after = set.step_after(next);
    prefetch_scales(after, head_dim);
    const bool more = step.first_key + kAttentionStep < set.end;
    for (int t = 0; t < used; ++t) {
      const bool seen = tiles[t].sees_step(step.first_key);
      if (seen)
        softmax_tile<Register, Products>(step, keys, args.soft_cap * kLog2e, buffers, tiles[t]);
      if (more && tiles[t].sees_step(next.first_key)) {
        score_tile<Products>(next, after, head_dim, tiles[t]);
      }
      if (seen) value_tile<Register, Products>(step, after, head_dim, buffers, tiles[t]);
    }
    if (!more) break;
    step = next;
    next = after;
  }
  for (int t = 0; t < used; ++t) finish_tile<Register>(tiles[t], head_dim);
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
