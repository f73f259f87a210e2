// Attention of query rows over an INT8 KV cache of blocks, for one KV head:
// out = softmax(scale * q K^T) V, by online softmax (arXiv 1805.02867) over steps of kAttentionStep
// keys.
//
// Rows are (token, query head) pairs that share the KV head, so that grouped-query attention reads
// K and V once for the whole group, in decoding too. Keys and values are s8 with one scale per
// token. Queries and weights have two bytes, multiplied one after the other: their rounding would
// add as much error as that of the cache (relative L2 error of Gaussian data with heads of 64: 0.8
// %, of which K and V 0.57 % each; with one byte 1.1 %).
//
// Order of arithmetic (every ISA gives the same bits).
//   q    = round(q * (32512 / max |q|)), 256 hi + lo with hi and lo in s8
//   s[j] = float(q . k[j], exact) * k_scale[j] * (max |q| / 32512 * (scale * log2 e)), scores in
//          units of log 2; with a soft cap c in these units, s = c * tanh(s / c)
// and for each step of kAttentionStep keys that the row sees any of, steps starting at key 0, with
// m the largest score so far and t the largest v_scale of the keys that the row sees in the step:
//   a = 2^(m_before - m), p[j] = 2^(s[j] - m) within 3e-6, 0 for keys that the row does not see
//   l = fma(l, a, (p[i] + p[i+16]) + (p[i+32] + p[i+48])), 16 partial sums
//   u[j] = round(p[j] * (v_scale[j] * (65535 / t))), 256 hi + lo with hi and lo in u8
//   out[d] = fma(float(sum u[j] v[j][d], exact), t / 65535, out[d] * a)
// and at the end out[d] *= 1 / (sum of l as the tree 8, 4, 2, 1). Scaling the values inside P keeps
// the cache append-only: a token never changes after it is written.
#pragma once

#include <cstdint>

#include "pincer/kernels/attention.h"

namespace pincer::kernels {

// Keys of one online softmax step: two blocks.
inline constexpr int kAttentionStep = 2 * kKvBlockTokens;
inline constexpr int kMaxHeadDim = 256;

// How a block's bytes lie, so that both products read panels as GEMM does: for one KV head
//   k  [head_dim / kr][kKvBlockTokens][kr]   kr dimensions of a token are neighbours
//   v  [kKvBlockTokens / kr][head_dim][kr]   kr tokens of a dimension are neighbours
//   k_scale, v_scale  float [kKvBlockTokens]
struct KvShape {
  std::uint8_t k_offset = 0;  // 128: bytes of k are value + 128
  std::uint8_t v_offset = 0;  // the same of v
  std::uint8_t kr = 4;        // 4 or 8
  friend bool operator==(const KvShape&, const KvShape&) = default;
};
constexpr std::int64_t kv_half_bytes(int head_dim) {
  return static_cast<std::int64_t>(kKvBlockTokens) * head_dim;
}
constexpr std::int64_t kv_block_bytes(int head_dim) {
  return 2 * kv_half_bytes(head_dim) +
         2 * kKvBlockTokens * static_cast<std::int64_t>(sizeof(float));
}

// Writes token `slot` of a block (64-byte aligned) from head_dim quantized values each.
void write_kv(const KvShape& shape, int head_dim, int slot, const std::int8_t* k, float k_scale,
              const std::int8_t* v, float v_scale, std::uint8_t* block);

struct AttentionS8Args {
  const float* q = nullptr;                // row r at q + q_offset[r], head_dim floats
  const std::int64_t* q_offset = nullptr;  // [rows], elements; `out` uses the same offsets
  const std::int32_t* kv_begin = nullptr;  // [rows] or null for 0: row r sees the keys
  const std::int32_t* kv_end = nullptr;    //   kv_begin[r] .. kv_end[r] - 1, at least one
  int rows = 0;
  const std::uint8_t* const* blocks = nullptr;  // of key 0 on; those that no row sees may be null
  int head_dim = 0;                             // a multiple of 16, at most kMaxHeadDim
  float scale = 1.0f;
  float soft_cap = 0.0f;  // 0: none; else scores are soft_cap * tanh(score / soft_cap)
  float* out = nullptr;   // not q
};

using AttentionS8Fn = void (*)(const AttentionS8Args&) noexcept;

}  // namespace pincer::kernels
