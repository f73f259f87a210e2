// Operations on lanes of one register and their partners at a distance of 1, 2, 4 or 8.
#pragma once

#include <cstdint>

#include "kernels/elementwise/lanes16.h"

namespace pincer::kernels {
namespace {

// 1 where the bit h = 2^i of a lane's number is clear, -1 where it is set.
alignas(64) inline constexpr float kLaneSigns[4][kLanes] = {
    {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1},
    {1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1},
    {1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1},
    {1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1}};

// Lane i of the result is operation(a[i], a[i ^ h]) where the bit h = 2^kLevel of i is clear and
// operation(b[i], b[i ^ h]) where it is set: two reductions that go on in one register.
template <int kLevel, class Register, class Operation>
[[gnu::always_inline]] inline Lanes16<Register> reduce_pairs(const Lanes16<Register>& a,
                                                             const Lanes16<Register>& b,
                                                             Operation operation) {
  constexpr int kDistance = 1 << kLevel, kParts = kDistance / Register::kLanes;
  Lanes16<Register> y;
  if constexpr (kParts == 0) {
    unrolled<Lanes16<Register>::kRegisters>([&](int i) {
      typename Register::Batch low, high;
      Register::template pair_lanes<kDistance>(a.part[i], b.part[i], low, high);
      y.part[i] = operation(low, high);
    });
  } else {
    unrolled<Lanes16<Register>::kRegisters>([&](int i) {
      const Lanes16<Register>& from = (i & kParts) == 0 ? a : b;
      y.part[i] = operation(from.part[i & ~kParts], from.part[i | kParts]);
    });
  }
  return y;
}

// Reduces sixteen registers to one: lane g of the result is the reduction of the lanes of the g-th
// one. pair(g), for g < 8, gives reduce_pairs<3> of the g-th and the one eight later: that level
// first, because it is the one without shuffles where sixteen lanes take several registers.
template <class Register, int kLevel = 0, class Operation, class Pair>
[[gnu::always_inline]] inline Lanes16<Register> reduce_sixteen(int g, Operation operation,
                                                               Pair pair) {
  if constexpr (kLevel == 3) {
    return pair(g);
  } else {
    const auto a = reduce_sixteen<Register, kLevel + 1>(g, operation, pair);
    const auto b = reduce_sixteen<Register, kLevel + 1>(g + (1 << kLevel), operation, pair);
    return reduce_pairs<kLevel, Register>(a, b, operation);
  }
}

}  // namespace
}  // namespace pincer::kernels
