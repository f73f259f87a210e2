// What the NEON products of rows of two bytes share.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "kernels/attention/attention_s8_tile.h"

namespace pincer::kernels {
namespace {

// 256 of which compilers do not know: 256 hi + lo is then one instruction, and not a shift and a
// sum.
inline int32x4_t byte_factor() {
  int32x4_t factor = vdupq_n_s32(256);
  __asm__("" : "+w"(factor));
  return factor;
}

// Rows as smmla reads them: eight bytes hi and the same eight lo of a row are its two rows, and the
// rows of a tile are neighbours. From eight k to the next eight:
inline constexpr int kPairBlock = kS8TileRows * 16;  // bytes

// `out` gets [width / 8][kS8TileRows][hi, lo][8]; kStride: bytes from row to row.
template <int kStride>
[[gnu::always_inline]] inline void interleave(const std::int8_t* hi, const std::int8_t* lo,
                                              int rows, int width, std::int8_t* out) {
  for (int k = 0; k < width; k += 16, out += 2 * kPairBlock) {
    for (int r = 0; r < rows; ++r) {
      const int64x2_t high = vreinterpretq_s64_s8(vld1q_s8(hi + r * kStride + k));
      const int64x2_t low = vreinterpretq_s64_s8(vld1q_s8(lo + r * kStride + k));
      vst1q_s8(out + r * 16, vreinterpretq_s8_s64(vzip1q_s64(high, low)));
      vst1q_s8(out + kPairBlock + r * 16, vreinterpretq_s8_s64(vzip2q_s64(high, low)));
    }
  }
}

// Queries in their place, S8Tile::q_bytes.
inline void interleave_queries(int rows, int head_dim, std::int8_t* bytes) {
  alignas(16) std::int8_t pairs[2 * kS8TileRows * kMaxHeadDim];
  interleave<kMaxHeadDim>(bytes, bytes + kS8TileRows * kMaxHeadDim, rows, head_dim, pairs);
  __builtin_memcpy(bytes, pairs, 2ul * kS8TileRows * static_cast<unsigned>(head_dim));
}

// The weights of a step.
template <int kRows>
[[gnu::always_inline]] inline void interleave_weights(const BytePair& u, std::int8_t* out) {
  interleave<kAttentionStep>(u.hi[0], u.lo[0], kRows, kAttentionStep, out);
}

}  // namespace
}  // namespace pincer::kernels
