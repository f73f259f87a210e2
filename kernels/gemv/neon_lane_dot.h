// GEMV on NEON with dot products: one row by four panels of 12 channels.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "kernels/gemv/neon_panels_of_12.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

// SDOT by lane: 16 bytes of the row serve four k-blocks.
template <class W>
struct LaneDot {
  using Weights = W;
  [[maybe_unused]] static constexpr int kKr = 4;
  static constexpr int kChunk = 16;

  static int8x16_t load(const std::int8_t* a) { return vld1q_s8(a); }

  // In the order in which a panel lies: pairs of loads become one.
  template <int kSplit>
  static void add(const std::int8_t* w, int8x16_t row, int, int32x4_t (&sums)[kSplit][kVectors]) {
#pragma GCC unroll 6
    for (int i = 0; i < 4 * kVectors; i += 2) {
      const int next = i + 1;
      const int8x16_t even = W::load(w, i / kVectors, kVectors, i % kVectors);
      const int8x16_t odd = W::load(w, next / kVectors, kVectors, next % kVectors);
      add_block(sums[i / kVectors % kSplit][i % kVectors], even, row, i / kVectors);
      add_block(sums[next / kVectors % kSplit][next % kVectors], odd, row, next / kVectors);
    }
  }

 private:
  // `block` is constant where this is inlined.
  static void add_block(int32x4_t& sum, int8x16_t w, int8x16_t row, int block) {
    switch (block) {
      case 0:
        sum = vdotq_laneq_s32(sum, w, row, 0);
        break;
      case 1:
        sum = vdotq_laneq_s32(sum, w, row, 1);
        break;
      case 2:
        sum = vdotq_laneq_s32(sum, w, row, 2);
        break;
      default:
        sum = vdotq_laneq_s32(sum, w, row, 3);
    }
  }
};

}  // namespace
}  // namespace pincer::kernels
