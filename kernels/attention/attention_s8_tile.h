// The rows of INT8 attention that share register tiles, and what they carry from step to step.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/attention/attention_s8_softmax.h"
#include "kernels/elementwise/quantize_row.h"

namespace pincer::kernels {
namespace {

inline constexpr int kS8TileRows = 4;
static_assert(kAttentionRows % kS8TileRows == 0);

// Rows in two bytes, 256 hi + lo. Rows of one kind of byte lie one after the other, kMaxHeadDim
// bytes apart if they are queries and kAttentionStep if they are weights.
struct BytePair {
  const std::int8_t* hi[kS8TileRows];
  const std::int8_t* lo[kS8TileRows];
};

struct alignas(64) S8Tile {
  std::int8_t q_bytes[2 * kS8TileRows * kMaxHeadDim];  // all rows hi, then all rows lo
  std::int32_t dots[kS8TileRows][kAttentionStep];      // q . k of the step that comes next
  RowState state[kS8TileRows];
  int count = 0;
  int begin = 0, end = 0;  // the keys that any of its rows sees
  BytePair q = {};
  std::int32_t correction[kS8TileRows] = {};
  float score_scale[kS8TileRows] = {};
  int row_begin[kS8TileRows] = {}, row_end[kS8TileRows] = {};
  float* out[kS8TileRows] = {};

  bool sees_step(int first_key) const {
    return first_key < end && first_key + kAttentionStep > begin;
  }
};

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

template <class Register>
inline void add_row(const AttentionS8Args& args, int row, S8Tile& tile) {
  constexpr float kLog2e = 1.44269504f;
  const int r = tile.count++;
  std::int32_t sum;
  std::int8_t* const hi = tile.q_bytes + r * kMaxHeadDim;
  std::int8_t* const lo = hi + kS8TileRows * kMaxHeadDim;
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
