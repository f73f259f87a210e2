// INT8 attention, written once over sixteen lanes and over the integer products of an ISA. Up to
// kAttentionRows rows walk the blocks together, a tile of them at a time, so that a step's keys and
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
//   kTileRows: rows of its tiles, if not kS8TileRows
//   kSplitSums: it leaves the sums of hi and of lo apart, without the correction (SplitSums)
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/attention/attention_s8_tile.h"

namespace pincer::kernels {
namespace {

// K or V of a step's two blocks, and as many bytes, kv_half_bytes(head_dim) twice, to ask memory
// for meanwhile, evenly spread over the work. Where there is nothing to ask for, `ahead` is `at`.
struct Panels {
  const std::uint8_t* at[2];
  const std::uint8_t* ahead[2];
};

// The blocks of a step. Where one of them does not exist the other stands in: no row sees it.
struct Step {
  const std::uint8_t* block[2];
  int first_key;
};

template <class Products>
constexpr int tile_rows_of() {
  if constexpr (requires { Products::kTileRows; }) return Products::kTileRows;
  return kS8TileRows;
}
template <class Products>
constexpr bool splits_sums() {
  return requires { Products::kSplitSums; };
}
template <class Products>
using TileFor = S8Tile<tile_rows_of<Products>(), splits_sums<Products>()>;

template <class Products>
struct alignas(64) StepBuffers {
  static constexpr int kRows = tile_rows_of<Products>();
  static constexpr bool kSplit = splits_sums<Products>();
  float scores[kRows][kAttentionStep];
  std::int8_t weights[2 * kRows][kAttentionStep];
  std::int32_t products[kRows][kSplit ? 2 : 1][kMaxHeadDim];
  StepResult results[kRows];
  bool sees[kRows];
  ValueScales whole, part;  // of rows that see all keys of the step; of another

  std::int8_t* weight_bytes(int r, int byte) { return weights[byte_row<kRows, kSplit>(r, byte)]; }
};

// Sums as load_sums() takes them.
template <int kParts, int kStride>
inline auto sums_of(const std::int32_t (&sums)[kParts][kStride], std::int32_t correction) {
  if constexpr (kParts == 2) {
    return SplitSums<kStride>{sums[0], correction};
  } else {
    return static_cast<const std::int32_t*>(sums[0]);
  }
}

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

// Always inlined: gcc takes a function that only prefetches for one without effect, and drops calls
// of it.
[[gnu::always_inline]] inline void prefetch_scales(const Step& step, int head_dim) {
  constexpr int kLines = 2 * kKvBlockTokens * static_cast<int>(sizeof(float)) / 64;
  for (int b = 0; b < 2; ++b) {
    const std::uint8_t* scales = step.block[b] + 2 * kv_half_bytes(head_dim);
    unrolled<kLines>([&](int line) { __builtin_prefetch(scales + line * 64, 0, 2); });
  }
}

// What products have to read, and to ask for. The products of a call's first rows ask for a later
// step, those of the others find it in a cache. Asking in the products and nowhere else, where the
// hardware's prefetchers are at work anyway, is faster than evenly over all of a step.
struct Reading {
  bool asks;  // these are the first rows
  int tiles;  // that they are, of which the first two ask for a block each

  // For tile t, with panels `offset` bytes into the blocks.
  Panels panels(const Step& step, const Step& later, std::int64_t offset, int t) const {
    Panels panels;
    for (int b = 0; b < 2; ++b) {
      panels.at[b] = step.block[b] + offset;
      const bool ask = asks && (tiles == 1 || t == b);
      panels.ahead[b] = ask ? later.block[b] + offset : panels.at[b];
    }
    return panels;
  }
};

inline StepKeys all_keys(const Step& step, int head_dim) {
  StepKeys keys{.k_scale = {}, .v_scale = {}, .begin = 0, .end = kAttentionStep};
  for (int b = 0; b < 2; ++b) {
    keys.k_scale[b] = reinterpret_cast<const float*>(step.block[b] + 2 * kv_half_bytes(head_dim));
    keys.v_scale[b] = keys.k_scale[b] + kKvBlockTokens;
  }
  return keys;
}

// What row r of a tile sees of a step.
template <class Tile>
inline bool visible_keys(const Tile& tile, int r, int first_key, StepKeys& keys) {
  const int begin = tile.row_begin[r] - first_key, end = tile.row_end[r] - first_key;
  keys.begin = begin < 0 ? 0 : begin;
  keys.end = end > kAttentionStep ? kAttentionStep : end;
  return keys.begin < keys.end;
}

template <class Products>
inline void score_tile(const Panels& keys, int head_dim, TileFor<Products>& tile) {
  constexpr int kTileRows = tile_rows_of<Products>();
  std::int32_t* dots[kTileRows];
  for (int r = 0; r < kTileRows; ++r) dots[r] = tile.dots[r][0];
  with_rows<kTileRows>(tile.count, [&]<int kRows>() {
    Products::template scores<kRows>(tile.q, tile.correction, keys, head_dim, dots);
  });
}

// In two passes, so that the rows' chains of operations overlap.
template <class Register, class Products>
inline void softmax_tile(const Step& step, StepKeys keys, float cap, StepBuffers<Products>& buffers,
                         TileFor<Products>& tile) {
  for (int r = 0; r < tile.count; ++r) {
    buffers.sees[r] = visible_keys(tile, r, step.first_key, keys);
    if (!buffers.sees[r]) continue;
    buffers.results[r].decay = StepMath<Register>::score_step(
        sums_of(tile.dots[r], tile.correction[r]), keys, tile.score_scale[r], cap, tile.state[r],
        buffers.scores[r], buffers.results[r].first);
  }
  for (int r = 0; r < tile.count; ++r) {
    if (!visible_keys(tile, r, step.first_key, keys)) continue;
    const bool whole = keys.all();
    // The heads of a token see the same keys.
    if (!whole && (keys.begin != buffers.part.begin || keys.end != buffers.part.end)) {
      scale_values<Register>(keys, buffers.part);
    }
    const ValueScales& values = whole ? buffers.whole : buffers.part;
    StepResult& result = buffers.results[r];
    const std::int32_t sum =
        StepMath<Register>::weight_step(buffers.scores[r], values, result.decay, tile.state[r],
                                        buffers.weight_bytes(r, 0), buffers.weight_bytes(r, 1));
    if constexpr (requires { Products::kCorrectsValues; }) result.weight_sum = sum;
    result.weight_scale = values.weight_scale;
  }
}

template <class Register, class Products>
inline void value_tile(const Panels& values, int head_dim, StepBuffers<Products>& buffers,
                       TileFor<Products>& tile) {
  constexpr int kTileRows = tile_rows_of<Products>();
  BytePairOf<kTileRows> weights;
  std::int32_t correction[kTileRows] = {};
  std::int32_t* products[kTileRows];
  for (int r = 0; r < kTileRows; ++r) {
    weights.hi[r] = buffers.weight_bytes(r, 0);
    weights.lo[r] = buffers.weight_bytes(r, 1);
    products[r] = buffers.products[r][0];
    if (r < tile.count) correction[r] = -128 * buffers.results[r].weight_sum;
  }
  with_rows<kTileRows>(tile.count, [&]<int kRows>() {
    Products::template values<kRows>(weights, correction, values, head_dim, products);
  });
  for (int r = 0; r < tile.count; ++r) {
    if (buffers.sees[r]) {
      StepMath<Register>::add_values(buffers.results[r], sums_of(buffers.products[r], 0), head_dim,
                                     tile.out[r]);
    }
  }
}

template <class Register, class Tile>
inline void finish_tile(const Tile& tile, int head_dim) {
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
  const std::int64_t half = kv_half_bytes(head_dim);
  constexpr int kTileRows = tile_rows_of<Products>();
  static_assert(kAttentionRows % kTileRows == 0);
  TileFor<Products> tiles[kAttentionRows / kTileRows];
  StepBuffers<Products> buffers;
  const int rows = args.rows - first < kAttentionRows ? args.rows - first : kAttentionRows;
  for (int i = 0; i < rows; ++i) add_row<Register>(args, first + i, tiles[i / kTileRows]);
  const int used = (rows + kTileRows - 1) / kTileRows;
  for (int t = 0; t < used; ++t) {
    if constexpr (requires { Products::arrange(0, head_dim, tiles[t].q_bytes); }) {
      Products::arrange(tiles[t].count, head_dim, tiles[t].q_bytes);
    }
  }
  const Reading reading{first == 0, used};
  RowSet set{args, tiles[0].begin, tiles[0].end};
  for (int t = 1; t < used; ++t) {
    if (tiles[t].begin < set.begin) set.begin = tiles[t].begin;
    if (tiles[t].end > set.end) set.end = tiles[t].end;
  }
  Step step = set.step(set.begin / kAttentionStep * kAttentionStep);
  Step next = set.step_after(step);
  for (int t = 0; t < used; ++t) {
    if (tiles[t].sees_step(step.first_key)) {
      score_tile<Products>(reading.panels(step, next, 0, t), head_dim, tiles[t]);
    }
  }
  while (true) {
    const StepKeys keys = all_keys(step, head_dim);
    scale_values<Register>(keys, buffers.whole);
    buffers.part.end = 0;
    const Step after = set.step_after(next);
    prefetch_scales(after, head_dim);
    const bool more = step.first_key + kAttentionStep < set.end;
    for (int t = 0; t < used; ++t) {
      const bool seen = tiles[t].sees_step(step.first_key);
      if (seen) {
        softmax_tile<Register, Products>(step, keys, args.soft_cap * kLog2e, buffers, tiles[t]);
      }
      if (more && tiles[t].sees_step(next.first_key)) {
        score_tile<Products>(reading.panels(next, after, 0, t), head_dim, tiles[t]);
      }
      if (seen) {
        value_tile<Register, Products>(reading.panels(step, after, half, t), head_dim, buffers,
                                       tiles[t]);
      }
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
