// Packed weights of 8 or 4 bits as SVE's products take them: as in neon_weights.h, of 4 bits 16
// times the weights.
#pragma once

#include <arm_sve.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

struct Weights8 {
  static constexpr int kBits = 8;
  // Vector `v` of k-block `block`, which has `vectors` of them. `w` is vector `at` of block 0.
  static svint8_t load(const std::int8_t* w, int block, int vectors, int v, int at = 0) {
    return svld1_vnum_s8(svptrue_b8(), w, block * vectors + v - at);
  }
  // The sum of products, of what was made of them.
  static svint32_t sum(svint32_t products) { return products; }
};

struct Weights4 {
  static constexpr int kBits = 4;
  static svint8_t load(const std::int8_t* w, int block, int vectors, int v, int at = 0) {
    const svbool_t all = svptrue_b8();
    const svint8_t pair = svld1_vnum_s8(all, w, block / 2 * vectors + v - at);
    return block % 2 == 0 ? svlsl_n_s8_x(all, pair, 4) : svand_n_s8_x(all, pair, -16);
  }
  static svint32_t sum(svint32_t products) { return svasr_n_s32_x(svptrue_b32(), products, 4); }
};

// Bytes of `k` weights in a panel of `nr` channels.
template <class W>
constexpr std::int64_t bytes_of(std::int64_t k, std::int64_t nr) {
  return k * nr * W::kBits / 8;
}

// Panels of nr channels and kr consecutive k, in groups of a multiple of `step` k values. Sums of
// 128 * 112 * k fit into s32 up to k = 149796.
template <class W>
inline void assert_layout([[maybe_unused]] const GemmArgs& args, [[maybe_unused]] std::int64_t nr,
                          [[maybe_unused]] std::int64_t kr, [[maybe_unused]] std::int64_t step) {
  [[maybe_unused]] const Layout& layout = args.w.layout();
  assert(layout.nr == nr && layout.kr == kr && layout.offset == 0 && layout.bits == W::kBits);
  assert(layout.group % step == 0 && layout.k_align % step == 0);
  assert(W::kBits == 8 || layout.group != 0 || args.w.k_padded() <= 149796);
  assert(args.a.stride >= args.w.k_padded());
}

}  // namespace
}  // namespace pincer::kernels
