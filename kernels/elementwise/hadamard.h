// The block Hadamard transform (QuaRot, arXiv 2404.00456), written once over sixteen lanes.
//
// The fast transform has log2(block) levels: level h replaces (x[i], x[i+h]) by their sum and
// difference. Levels 1, 2, 4 and 8 stay within sixteen lanes. Several levels above them are done at
// a time on 2^kLevels lanes in registers, so that a block of 512 goes through memory twice or three
// times instead of nine. What is computed from what does not depend on that, so neither do the
// bits.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/elementwise/lane_pairs.h"
#include "kernels/elementwise/lanes16.h"

namespace pincer::kernels {
namespace {

// Level 2^kLevel within sixteen lanes: the partner plus or minus oneself, the product with a sign
// being exact.
template <int kLevel, class Register>
[[gnu::always_inline]] inline Lanes16<Register> level_of_lanes(const Lanes16<Register>& x) {
  constexpr int kDistance = 1 << kLevel, kParts = kDistance / Register::kLanes;
  Lanes16<Register> y;
  if constexpr (kParts == 0) {
    const auto signs = Register::load(kLaneSigns[kLevel]);
    unrolled<Lanes16<Register>::kRegisters>([&](int i) {
      y.part[i] =
          Register::fma(x.part[i], signs, Register::template swap_lanes<kDistance>(x.part[i]));
    });
  } else {
    unrolled<Lanes16<Register>::kRegisters>([&](int i) {
      const auto &low = x.part[i & ~kParts], &high = x.part[i | kParts];
      y.part[i] = (i & kParts) == 0 ? Register::add(low, high) : Register::subtract(low, high);
    });
  }
  return y;
}

// Those levels that a block of `block` floats has.
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> levels_of_lanes(Lanes16<Register> x,
                                                                std::int64_t block) {
  x = level_of_lanes<0, Register>(x);
  if (block > 2) x = level_of_lanes<1, Register>(x);
  if (block > 4) x = level_of_lanes<2, Register>(x);
  if (block > 8) x = level_of_lanes<3, Register>(x);
  return x;
}

// kLevels levels on the lanes at x, x + stride, x + 2 stride, ...: the distance of the first one is
// `stride`. kFirst: the factor and the levels within lanes come before.
template <int kLevels, bool kFirst, class Register>
[[gnu::always_inline]] inline void levels_between_lanes(float* x, std::int64_t stride,
                                                        const Lanes16<Register>& factor) {
  using Lanes = Lanes16<Register>;
  constexpr int kCount = 1 << kLevels;
  Lanes v[kCount];
  unrolled<kCount>([&](int i) {
    v[i] = Lanes::load(x + i * stride);
    if constexpr (kFirst) v[i] = levels_of_lanes<Register>(v[i] * factor, kLanes);
  });
  unrolled<kLevels>([&](int level) {
    unrolled<kCount / 2>([&](int i) {
      const int half = 1 << level, low = i % half + i / half * 2 * half;
      const Lanes sum = v[low] + v[low + half];
      v[low + half] = v[low] - v[low + half];
      v[low] = sum;
    });
  });
  unrolled<kCount>([&](int i) { v[i].store(x + i * stride); });
}

// The levels from `h` on of n floats; returns the distance of the first level that is left.
template <int kLevels, bool kFirst, class Register>
inline std::int64_t hadamard_pass(float* x, std::int64_t n, std::int64_t h,
                                  const Lanes16<Register>& factor) {
  const std::int64_t next = h << kLevels;
  for (std::int64_t start = 0; start < n; start += next) {
    for (std::int64_t i = start; i < start + h; i += kLanes) {
      levels_between_lanes<kLevels, kFirst, Register>(x + i, h, factor);
    }
  }
  return next;
}

// One pass of as many levels as there are, up to Register::kHadamardLevels.
template <int kLevels, bool kFirst, class Register>
inline std::int64_t longest_hadamard_pass(float* x, std::int64_t n, std::int64_t h,
                                          std::int64_t block, const Lanes16<Register>& factor) {
  if constexpr (kLevels > 0) {
    if (h << kLevels > block) {
      return longest_hadamard_pass<kLevels - 1, kFirst, Register>(x, n, h, block, factor);
    }
  }
  return hadamard_pass<kLevels, kFirst, Register>(x, n, h, factor);
}

template <class Register>
void hadamard(float* x, std::int64_t n, std::int64_t block) noexcept {
  using Lanes = Lanes16<Register>;
  assert(n >= 0 && block > 0 && (block & (block - 1)) == 0 && n % block == 0);
  if (block == 1) return;
  const Lanes factor =
      Lanes::broadcast(static_cast<float>(1.0 / __builtin_sqrt(static_cast<double>(block))));
  if (block < kLanes) {
    for (std::int64_t i = 0; i < n; i += kLanes) {
      const Lanes v = Lanes::load_up_to(n - i, x + i, 0.0f) * factor;
      levels_of_lanes<Register>(v, block).store_up_to(n - i, x + i);
    }
    return;
  }
  constexpr int kLevels = Register::kHadamardLevels;
  std::int64_t h = longest_hadamard_pass<kLevels, true, Register>(x, n, kLanes, block, factor);
  while (h < block) h = longest_hadamard_pass<kLevels, false, Register>(x, n, h, block, factor);
}

}  // namespace
}  // namespace pincer::kernels
