// Attention of query rows over a blocked KV cache, for one KV head: out = softmax(scale * q K^T) V.
//
// Rows are (token, query head) pairs that share the KV head, so that grouped-query attention reads
// K and V once for the whole group. A block holds kKvBlockTokens tokens: K transposed,
// [head_dim][kKvBlockTokens], so that scores run over keys in lanes without horizontal sums; V as
// rows, [kKvBlockTokens][head_dim].
//
// Order of arithmetic (every ISA gives the same bits): score[j] = scale * (fma over d ascending,
// from 0); p[j] = exp(score[j] - max); the sum of p in 16 partial sums by j mod 16, added as the
// tree 8, 4, 2, 1; out[d] = (fma over j ascending, from 0) * (1 / sum).
#pragma once

#include <cstdint>

namespace pincer::kernels {

inline constexpr int kKvBlockTokens = 32;

// IEEE binary16, as bits.
struct Half {
  std::uint16_t bits;
};

// K and V in Element: float, or Half, which is widened exactly as it is read.
template <class Element>
struct AttentionArgsOf {
  const float* q = nullptr;                // row r at q + q_offset[r], head_dim floats
  const std::int64_t* q_offset = nullptr;  // [rows], elements; `out` uses the same offsets
  const std::int32_t* kv_begin = nullptr;  // [rows] or null for 0: row r sees the keys
  const std::int32_t* kv_len = nullptr;    //   kv_begin[r] .. kv_len[r] - 1, at least one
  int rows = 0;
  // [ceil(max kv_len / kKvBlockTokens)], of key 0 on; those that no row sees may be null.
  const Element* const* k_blocks = nullptr;
  const Element* const* v_blocks = nullptr;
  int head_dim = 0;  // a multiple of 16
  float scale = 1.0f;
  float* out = nullptr;  // row r at out + q_offset[r]
  float* scratch =
      nullptr;  // attention_scratch_floats(max kv_len), 64-byte aligned, one per thread
};

using AttentionArgs = AttentionArgsOf<float>;
using AttentionF16Args = AttentionArgsOf<Half>;
using AttentionFn = void (*)(const AttentionArgs&) noexcept;
using AttentionF16Fn = void (*)(const AttentionF16Args&) noexcept;

// Rows are taken kAttentionRows at a time, each with its scores at once: these rows read a block of
// K and V from memory once (in registers there are four at a time). Keys are rounded up to a whole
// block: K is read to the end of the last one, where its memory may hold anything, NaN included; V
// is never read beyond a row's last key.
inline constexpr int kAttentionRows = 16;
constexpr std::int64_t attention_scratch_floats(std::int64_t max_kv) {
  return kAttentionRows * ((max_kv + kKvBlockTokens - 1) / kKvBlockTokens * kKvBlockTokens);
}

}  // namespace pincer::kernels
