// Attention, written once over sixteen lanes: up to kAttentionRows rows walk the K blocks, are
// normalized, and walk the V blocks. Each block is used for all of these rows, kTileRows at a time,
// while it is in the first-level cache.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/attention/attention_tile.h"
#include "kernels/elementwise/exp16.h"
#include "kernels/elementwise/lanes16.h"
#include "pincer/kernels/attention.h"

namespace pincer::kernels {
namespace {

static_assert(kAttentionRows % kTileRows == 0);

// kTileRows rows that share register tiles; `count` of them are there. Keys are counted from the
// first block that a row of the call's kAttentionRows sees.
struct RowGroup {
  int count = 0;
  int longest = 0;  // kv_len
  const float* q[kTileRows] = {};
  float* scores[kTileRows] = {};
  float* out[kTileRows] = {};
  int kv_len[kTileRows] = {};
  int kv_begin[kTileRows] = {};
};

// Calls operation.template operator()<n>() for n = count.
template <class Operation>
inline void with_row_count(int count, Operation operation) {
  switch (count) {
    case 1:
      return operation.template operator()<1>();
    case 2:
      return operation.template operator()<2>();
    case 3:
      return operation.template operator()<3>();
    default:
      return operation.template operator()<kTileRows>();
  }
}

template <class Register, int kRegisters, class Element>
inline void score_group(const RowGroup& group, const Element* k, int first_key, int head_dim,
                        float scale) {
  if (first_key >= group.longest) return;
  float* scores[kTileRows] = {};
  for (int r = 0; r < group.count; ++r) scores[r] = group.scores[r] + first_key;
  with_row_count(group.count, [&]<int kRows>() {
    score_block<Register, kRows, kRegisters>(group.q, k, head_dim, scale, scores);
  });
}

// scores[j] = exp(scores[j] - max), begin <= j < n; zero before, and after up to a multiple of 16.
// Returns 1 / sum.
template <class Register>
inline float normalize_scores(float* scores, int begin, int n) {
  using Lanes = Lanes16<Register>;
  constexpr float kLowest = -__builtin_inff();
  for (int j = 0; j < begin; ++j) scores[j] = kLowest;
  Lanes largest = Lanes::broadcast(kLowest);
  // Keys beyond the row's last have a score, of whatever their memory held: it is replaced.
  for (int j = 0; j < n; j += kLanes) {
    const Lanes score = Lanes::load_up_to(n - j, scores + j, kLowest);
    largest = running_max(largest, score);
    if (n - j < kLanes) score.store(scores + j);
  }
  const Lanes shift = Lanes::broadcast(max(largest));
  Lanes total = Lanes::broadcast(0.0f);
  for (int j = 0; j < n; j += kLanes) {
    const Lanes p = exp(Lanes::load(scores + j) - shift);
    total = total + p;
    p.store(scores + j);
  }
  return 1.0f / sum(total);
}

// Adds a V block to the group's rows: the keys that all of them see together, the rest row by row,
// so that no row reads a value beyond its own length. Every row is longer than 0, so the first
// block starts all of them; keys before its window count 0 times.
template <class Register, int kRegisters, class Element>
inline void value_group(const RowGroup& group, const Element* values, int first_key, int head_dim) {
  if (first_key >= group.longest) return;
  int keys[kTileRows] = {};
  int shared = kKvBlockTokens;
  const float* p[kTileRows] = {};
  for (int r = 0; r < group.count; ++r) {
    const int left = group.kv_len[r] - first_key;
    keys[r] = left < 0 ? 0 : left < kKvBlockTokens ? left : kKvBlockTokens;
    if (keys[r] < shared) shared = keys[r];
    p[r] = group.scores[r] + first_key;
  }
  if (shared > 0) {
    with_row_count(group.count, [&]<int kRows>() {
      value_block<Register, kRows, kRegisters>(p, values, head_dim, shared, first_key > 0,
                                               group.out);
    });
  }
  for (int r = 0; r < group.count; ++r) {
    if (keys[r] == shared) continue;
    const float* const row_p[kTileRows] = {p[r] + shared};
    float* const row_out[kTileRows] = {group.out[r]};
    value_block<Register, 1, kRegisters>(row_p, values + shared * head_dim, head_dim,
                                         keys[r] - shared, true, row_out);
  }
}

template <class Register>
inline void scale_row(float* out, int head_dim, float factor) {
  using Lanes = Lanes16<Register>;
  const Lanes factors = Lanes::broadcast(factor);
  for (int d = 0; d < head_dim; d += kLanes) (Lanes::load(out + d) * factors).store(out + d);
}

// Rows first .. first + kAttentionRows - 1, as far as there are so many. `stride`: floats of scores
// per row.
template <class Register, int kRegisters, class Element>
inline void attend_rows(const AttentionArgsOf<Element>& args, int first, std::int64_t stride) {
  constexpr int kGroups = kAttentionRows / kTileRows;
  RowGroup groups[kGroups];
  const int rows = args.rows - first < kAttentionRows ? args.rows - first : kAttentionRows;
  int longest = 0;
  int origin = args.kv_len[first];
  for (int i = 0; i < rows; ++i) {
    const int begin = args.kv_begin == nullptr ? 0 : args.kv_begin[first + i];
    if (begin < origin) origin = begin;
  }
  // A whole number of blocks, so that the 16 partial sums have the same keys whatever the origin.
  origin -= origin % kKvBlockTokens;
  const Element* const* k_blocks = args.k_blocks + origin / kKvBlockTokens;
  const Element* const* v_blocks = args.v_blocks + origin / kKvBlockTokens;
  for (int i = 0; i < rows; ++i) {
    RowGroup& group = groups[i / kTileRows];
    const int r = group.count++;
    group.q[r] = args.q + args.q_offset[first + i];
    group.out[r] = args.out + args.q_offset[first + i];
    group.scores[r] = args.scratch + i * stride;
    group.kv_len[r] = args.kv_len[first + i] - origin;
    group.kv_begin[r] = args.kv_begin == nullptr ? 0 : args.kv_begin[first + i] - origin;
    assert(group.kv_begin[r] >= 0 && group.kv_begin[r] < group.kv_len[r]);
    if (group.kv_len[r] > group.longest) group.longest = group.kv_len[r];
    if (group.longest > longest) longest = group.longest;
  }
  const int used = (rows + kTileRows - 1) / kTileRows;

  for (int key = 0; key < longest; key += kKvBlockTokens) {
    const Element* k = k_blocks[key / kKvBlockTokens];
    for (int g = 0; g < used; ++g) {
      score_group<Register, kRegisters>(groups[g], k, key, args.head_dim, args.scale);
    }
  }
  float inverse_sum[kAttentionRows];
  for (int i = 0; i < rows; ++i) {
    const RowGroup& group = groups[i / kTileRows];
    const int r = i % kTileRows;
    inverse_sum[i] =
        normalize_scores<Register>(group.scores[r], group.kv_begin[r], group.kv_len[r]);
  }
  for (int key = 0; key < longest; key += kKvBlockTokens) {
    const Element* values = v_blocks[key / kKvBlockTokens];
    for (int g = 0; g < used; ++g) {
      value_group<Register, kRegisters>(groups[g], values, key, args.head_dim);
    }
  }
  for (int i = 0; i < rows; ++i) {
    scale_row<Register>(groups[i / kTileRows].out[i % kTileRows], args.head_dim, inverse_sum[i]);
  }
}

// kRegisters: how many registers of the ISA hold sums; the others are for the operands.
template <class Register, int kRegisters, class Element>
inline void attend(const AttentionArgsOf<Element>& args) {
  assert(args.head_dim > 0 && args.head_dim % kLanes == 0);
  int longest = 0;
  for (int r = 0; r < args.rows; ++r) {
    if (args.kv_len[r] > longest) longest = args.kv_len[r];
  }
  const std::int64_t stride = attention_scratch_floats(longest) / kAttentionRows;
  for (int first = 0; first < args.rows; first += kAttentionRows) {
    attend_rows<Register, kRegisters>(args, first, stride);
  }
}

}  // namespace
}  // namespace pincer::kernels
