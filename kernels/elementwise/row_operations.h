// The row operations of ElementwiseTable, written once over sixteen lanes.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/elementwise/exp16.h"
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

template <class Register>
void rms_norm(const float* x, const float* gain, float eps, std::int64_t n, float* y) noexcept {
  using Lanes = Lanes16<Register>;
  if (n == 0) return;
  Lanes squares = Lanes::broadcast(0.0f);
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const Lanes v = Lanes::load_up_to(n - i, x + i, 0.0f);
    squares = fma(v, v, squares);
  }
  const float mean = sum(squares) / static_cast<float>(n);
  const Lanes inverse = Lanes::broadcast(1.0f / __builtin_sqrtf(mean + eps));
  for_each_lane<Register>(
      n, y, [&](const Lanes& v, const Lanes& g) { return v * inverse * g; }, x, gain);
}

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

// x / (1 + exp(minus_t)) is x * sigmoid(t): silu for t = x.
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> times_sigmoid(const Lanes16<Register>& x,
                                                              const Lanes16<Register>& minus_t) {
  return x / (Lanes16<Register>::broadcast(1.0f) + exp(minus_t));
}

template <class Register>
void silu_mul(const float* gate, const float* up, std::int64_t n, float* y) noexcept {
  using Lanes = Lanes16<Register>;
  const Lanes minus_one = Lanes::broadcast(-1.0f);
  for_each_lane<Register>(
      n, y, [&](const Lanes& g, const Lanes& u) { return times_sigmoid(g, g * minus_one) * u; },
      gate, up);
}

// 0.5 x (1 + tanh(t)) = x sigmoid(2t) with t = sqrt(2/pi) (x + 0.044715 x^3): no cancellation for
// negative x.
template <class Register>
void gelu_mul(const float* gate, const float* up, std::int64_t n, float* y) noexcept {
  using Lanes = Lanes16<Register>;
  const Lanes linear = Lanes::broadcast(-0x1.988454p+0f);  // -2 sqrt(2/pi)
  const Lanes cubic = Lanes::broadcast(-0x1.2444f2p-4f);   // 0.044715 of it
  for_each_lane<Register>(
      n, y,
      [&](const Lanes& g, const Lanes& u) {
        return times_sigmoid(g, g * fma(g * g, cubic, linear)) * u;
      },
      gate, up);
}

template <class Register>
void add(float* x, const float* y, std::int64_t n) noexcept {
  using Lanes = Lanes16<Register>;
  for_each_lane<Register>(n, x, [](const Lanes& a, const Lanes& b) { return a + b; }, x, y);
}

}  // namespace
}  // namespace pincer::kernels
