// GEMV on NEON with 8-bit matrix products: one row by four panels of 12 channels.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "kernels/gemv/neon_panels_of_12.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

// SMMLA multiplies two rows by two channels. The one row stands first for one pair of channels and
// second for the next, with zeros for the other: both pairs add to the same four sums, and no sums
// have to be brought together in the end, as those of SDOT would.
template <class W>
struct MatrixDot {
  using Weights = W;
  [[maybe_unused]] static constexpr int kKr = 8;
  static constexpr int kChunk = 16;  // two k-blocks

  struct Row {
    int8x16_t first[2], second[2];
  };
  static Row load(const std::int8_t* a) {
    Row row;
#pragma GCC unroll 2
    for (int block = 0; block < 2; ++block) {
      row.first[block] = vcombine_s8(vld1_s8(a + block * 8), vdup_n_s8(0));
      // Else clang 19 loads `second` too, into a register that it must clear before.
      __asm__("" : "+w"(row.first[block]));
    }
#pragma GCC unroll 2
    for (int block = 0; block < 2; ++block) {
      row.second[block] = vextq_s8(row.first[block], row.first[block], 8);
    }
    return row;
  }

  template <int kSplit>
  static void add(const std::int8_t* w, const Row& row, int chunk,
                  int32x4_t (&sums)[kSplit][kVectors]) {
#pragma GCC unroll 2
    for (int block = 0; block < 2; ++block) {
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) {
        const int8x16_t even = W::load(w, block, 2 * kVectors, 2 * v);
        const int8x16_t odd = W::load(w, block, 2 * kVectors, 2 * v + 1);
        int32x4_t& sum = sums[(2 * chunk + block) % kSplit][v];
        sum = vmmlaq_s32(vmmlaq_s32(sum, row.first[block], even), row.second[block], odd);
      }
    }
  }
};

}  // namespace
}  // namespace pincer::kernels
