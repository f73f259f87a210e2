// The rows of INT8 attention that share register tiles, and what they carry from step to step.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/attention/attention_s8_softmax.h"
#include "kernels/elementwise/quantize_row.h"

namespace pincer::kernels {
namespace {

// Rows of a tile, unless a policy of products says otherwise.
inline constexpr int kS8TileRows = 4;

// Rows in two bytes, 256 hi + lo. See byte_row() for how they lie, kMaxHeadDim bytes apart if they
// are queries and kAttentionStep if they are weights.
template <int kTileRows>
struct BytePairOf {
  const std::int8_t* hi[kTileRows];
  const std::int8_t* lo[kTileRows];
};
using BytePair = BytePairOf<kS8TileRows>;

// Where byte 0 (hi) or 1 (lo) of row r stands: all rows hi, then all rows lo; or, for products that
// have both in one operand, each row's two bytes side by side, so that few rows fill its begin.
template <int kTileRows, bool kSplitSums>
constexpr int byte_row(int r, int byte) {
  return kSplitSums ? 2 * r + byte : r + byte * kTileRows;
}

// kSplitSums: see SplitSums.
template <int kTileRows, bool kSplitSums>
struct alignas(64) S8Tile {
  std::int8_t q_bytes[2 * kTileRows * kMaxHeadDim];
  // q . k of the step that comes next
  std::int32_t dots[kTileRows][kSplitSums ? 2 : 1][kAttentionStep];
  RowState state[kTileRows];
  int count = 0;
  int begin = 0, end = 0;  // the keys that any of its rows sees
  BytePairOf<kTileRows> q = {};
  std::int32_t correction[kTileRows] = {};
  float score_scale[kTileRows] = {};
  int row_begin[kTileRows] = {}, row_end[kTileRows] = {};
  float* out[kTileRows] = {};

  bool sees_step(int first_key) const {
    return first_key < end && first_key + kAttentionStep > begin;
  }
};

// Calls operation.template operator()<n>() for n = count, at most kMost.
template <int kMost, class Operation>
[[gnu::always_inline]] inline void with_rows(int count, Operation operation) {
  if constexpr (kMost > 1) {
    if (count < kMost) return with_rows<kMost - 1>(count, operation);
  }
  operation.template operator()<kMost>();
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
    round_to_byte_pairs<128>(Lanes::load(q + d) * factor, hi + d, lo + d, sums);
  }
  sum = static_cast<std::int32_t>(Register::sum_bits(sums) -
                                  static_cast<std::uint32_t>(head_dim) * kMagicBits);
  return largest / kFull;
}

template <class Register, int kTileRows, bool kSplitSums>
inline void add_row(const AttentionS8Args& args, int row, S8Tile<kTileRows, kSplitSums>& tile) {
  constexpr float kLog2e = 1.44269504f;
  const int r = tile.count++;
  std::int32_t sum;
  std::int8_t* const hi = tile.q_bytes + byte_row<kTileRows, kSplitSums>(r, 0) * kMaxHeadDim;
  std::int8_t* const lo = tile.q_bytes + byte_row<kTileRows, kSplitSums>(r, 1) * kMaxHeadDim;
  const float q_scale =
      split_query<Register>(args.q + args.q_offset[row], args.head_dim, hi, lo, sum);
  tile.q.hi[r] = hi;
  tile.q.lo[r] = lo;
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

}  // namespace
}  // namespace pincer::kernels
