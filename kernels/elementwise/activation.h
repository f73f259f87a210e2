// Gated activations, alone and with what stands after them in a model, written once over sixteen
// lanes.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/elementwise/exp16.h"
#include "kernels/elementwise/for_each_lane.h"
#include "kernels/elementwise/hadamard.h"
#include "kernels/elementwise/lanes16.h"
#include "kernels/elementwise/quantize_row.h"

namespace pincer::kernels {
namespace {

// x / (1 + exp(minus_t)) is x * sigmoid(t): silu for t = x.
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> times_sigmoid(const Lanes16<Register>& x,
                                                              const Lanes16<Register>& minus_t) {
  return x / (Lanes16<Register>::broadcast(1.0f) + exp(minus_t));
}

template <class Register>
struct SiluMul {
  using Lanes = Lanes16<Register>;
  const Lanes minus_one = Lanes::broadcast(-1.0f);
  [[gnu::always_inline]] Lanes operator()(const Lanes& gate, const Lanes& up) const {
    return times_sigmoid(gate, gate * minus_one) * up;
  }
};

// 0.5 x (1 + tanh(t)) = x sigmoid(2t) with t = sqrt(2/pi) (x + 0.044715 x^3): no cancellation for
// negative x.
template <class Register>
struct GeluMul {
  using Lanes = Lanes16<Register>;
  const Lanes linear = Lanes::broadcast(-0x1.988454p+0f);  // -2 sqrt(2/pi)
  const Lanes cubic = Lanes::broadcast(-0x1.2444f2p-4f);   // 0.044715 of it
  [[gnu::always_inline]] Lanes operator()(const Lanes& gate, const Lanes& up) const {
    return times_sigmoid(gate, gate * fma(gate * gate, cubic, linear)) * up;
  }
};

// `Activation` is one of these.
template <class Register, class Activation>
void activate(const float* gate, const float* up, std::int64_t n, float* y) noexcept {
  for_each_lane<Register>(n, y, Activation(), gate, up);
}

// So many floats, or a block if that is longer, are activated and turned at a time: 8 KiB of inputs
// and outputs that overlap or not stay in L1.
inline constexpr std::int64_t kActivatedAtOnce = 512;

// The row is read once more to find its largest magnitude and once to quantize it, from L1 or L2.
template <class Register, class Activation>
void activate_rotate_quantize(const float* gate, const float* up, std::int64_t n,
                              std::int64_t block, float* y, const RowQuants* to) noexcept {
  assert(n >= 0 && block > 0 && n % block == 0);
  const std::int64_t step = block > kActivatedAtOnce ? block : kActivatedAtOnce;
  for (std::int64_t i = 0; i < n; i += step) {
    const std::int64_t count = n - i < step ? n - i : step;
    activate<Register, Activation>(gate + i, up + i, count, y + i);
    hadamard<Register>(y + i, count, block);
  }
  if (to != nullptr) quantize<Register>(PlainRow<Register>{y}, n, *to);
}

}  // namespace
}  // namespace pincer::kernels
