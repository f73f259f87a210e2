// Packed weights of 8 or 4 bits as NEON's products take them: s8 vectors, which hold the weights
// themselves or, of 4 bits, 16 times the weights, since a shift or a mask makes those of a nibble
// in two's complement. Sums are 16 times too large then, and exact as long as they fit into s32:
// 128 * 112 * k does up to k = kMaxNibbleGroup. Conversion to float divides by 16, exactly.
#pragma once

#include <arm_neon.h>

#include <cstdint>

namespace pincer::kernels {
namespace {

[[maybe_unused]] constexpr std::int64_t kMaxNibbleGroup = 149796;

struct Weights8 {
  static constexpr int kBits = 8;
  // Vector `v` of k-block `block` from w on; a k-block has `vectors` of them.
  static int8x16_t load(const std::int8_t* w, int block, int vectors, int v) {
    return vld1q_s8(w + (block * vectors + v) * 16);
  }
  static float32x4_t to_float(int32x4_t sum) { return vcvtq_f32_s32(sum); }
};

struct Weights4 {
  static constexpr int kBits = 4;
  // The same; w is where a pair of k-blocks begins.
  static int8x16_t load(const std::int8_t* w, int block, int vectors, int v) {
    const int8x16_t pair = vld1q_s8(w + (block / 2 * vectors + v) * 16);
    return block % 2 == 0 ? vshlq_n_s8(pair, 4) : vandq_s8(pair, vdupq_n_s8(-16));
  }
  static float32x4_t to_float(int32x4_t sum) { return vcvtq_n_f32_s32(sum, 4); }
};

// Bytes of `k` weights in a panel of `nr` channels.
template <class W>
constexpr std::int64_t bytes_of(std::int64_t k, std::int64_t nr) {
  return k * nr * W::kBits / 8;
}

}  // namespace
}  // namespace pincer::kernels
