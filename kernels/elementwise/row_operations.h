// Softmax, rotary embedding and addition, written once over sixteen lanes.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/elementwise/exp16.h"
#include "kernels/elementwise/for_each_lane.h"
#include "kernels/elementwise/lanes16.h"

namespace pincer::kernels {
namespace {

template <class Register>
void softmax(float* x, std::int64_t n) noexcept {
  using Lanes = Lanes16<Register>;
  assert(n >= 0);
  // exp of it is 0: the empty lanes of the tail add nothing.
  constexpr float kLowest = -__builtin_inff();
  Lanes largest = Lanes::broadcast(kLowest);
  for (std::int64_t i = 0; i < n; i += kLanes) {
    largest = running_max(largest, Lanes::load_up_to(n - i, x + i, kLowest));
  }
  const Lanes shift = Lanes::broadcast(max(largest));
  Lanes total = Lanes::broadcast(0.0f);
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const Lanes p = exp(Lanes::load_up_to(n - i, x + i, kLowest) - shift);
    total = total + p;
    p.store_up_to(n - i, x + i);
  }
  const Lanes divisor = Lanes::broadcast(sum(total));
  for_each_lane<Register>(n, x, [&](const Lanes& p) { return p / divisor; }, x);
}

// One head: (a, b) <- (a c - b s, b c + a s), the products with a fused. Heads are short: whole
// lanes go without the tail's branches.
template <class Register>
inline void rotate_half(float* a, float* b, const float* cosine, const float* sine,
                        std::int64_t half) {
  using Lanes = Lanes16<Register>;
  const auto first = [](const Lanes& x, const Lanes& y, const Lanes& c, const Lanes& s) {
    return fma(x, c, y * s * Lanes::broadcast(-1.0f));
  };
  const auto second = [](const Lanes& x, const Lanes& y, const Lanes& c, const Lanes& s) {
    return fma(x, s, y * c);
  };
  std::int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    const Lanes x = Lanes::load(a + i), y = Lanes::load(b + i);
    const Lanes c = Lanes::load(cosine + i), s = Lanes::load(sine + i);
    first(x, y, c, s).store(a + i);
    second(x, y, c, s).store(b + i);
  }
  if (const std::int64_t rest = half - i; rest > 0) {
    const Lanes x = Lanes::load_up_to(rest, a + i, 0.0f), y = Lanes::load_up_to(rest, b + i, 0.0f);
    const Lanes c = Lanes::load_up_to(rest, cosine + i, 0.0f);
    const Lanes s = Lanes::load_up_to(rest, sine + i, 0.0f);
    first(x, y, c, s).store_up_to(rest, a + i);
    second(x, y, c, s).store_up_to(rest, b + i);
  }
}

template <class Register>
void rope(float* x, const float* cosine, const float* sine, std::int64_t heads,
          std::int64_t head_dim, std::int64_t rope_dim) noexcept {
  assert(rope_dim % 2 == 0 && rope_dim <= head_dim);
  const std::int64_t half = rope_dim / 2;
  for (std::int64_t head = 0; head < heads; ++head, x += head_dim) {
    rotate_half<Register>(x, x + half, cosine, sine, half);
  }
}

template <class Register>
void add(float* x, const float* y, std::int64_t n) noexcept {
  using Lanes = Lanes16<Register>;
  for_each_lane<Register>(n, x, [](const Lanes& a, const Lanes& b) { return a + b; }, x, y);
}

}  // namespace
}  // namespace pincer::kernels
