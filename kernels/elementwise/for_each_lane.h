// An operation on each element of some rows.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/elementwise/lanes16.h"

namespace pincer::kernels {
namespace {

// y[i] = operation(x[i]...) for i < n. The tail is computed in full lanes, filled with zeros, and
// stored in part: one loop, so that the operation stands in the code once and is inlined.
template <class Register, class Operation, class... Inputs>
inline void for_each_lane(std::int64_t n, float* y, Operation operation, const Inputs*... x) {
  assert(n >= 0);
  using Lanes = Lanes16<Register>;
  for (std::int64_t i = 0; i < n; i += kLanes) {
    operation(Lanes::load_up_to(n - i, x + i, 0.0f)...).store_up_to(n - i, y + i);
  }
}

}  // namespace
}  // namespace pincer::kernels
