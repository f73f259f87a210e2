// One online softmax step of one row, between the two integer products: scores to the weights P,
// with the scales of the values folded in, as two bytes.
#pragma once

#include <cstdint>

#include "kernels/elementwise/exp2_16.h"
#include "kernels/elementwise/lanes16.h"
#include "kernels/elementwise/register_scalar.h"
#include "kernels/elementwise/round_to_bytes.h"
#include "pincer/kernels/attention_s8.h"

namespace pincer::kernels {
namespace {

inline constexpr int kStepVectors = kAttentionStep / kLanes;

// What a row carries from step to step.
struct alignas(64) RowState {
  float sums[kLanes] = {};
  float largest = -__builtin_inff();
};

// The keys of a step, and what the row sees of them.
struct StepKeys {
  const float* k_scale[2];  // [kKvBlockTokens] of each block
  const float* v_scale[2];
  int begin, end;  // in 0 .. kAttentionStep, begin < end

  // In one comparison: two of them gcc makes one of eight bytes, which waits for both stores.
  bool all() const { return end - begin == kAttentionStep; }
};

// How the row's output goes on: out = fma(float(product), weight_scale, out * decay); in the row's
// first step out = float(product) * weight_scale.
struct StepResult {
  float decay = 0, weight_scale = 0;
  std::int32_t weight_sum = 0;  // of u
  bool first = false;
};

template <class Register>
using StepLanes = Lanes16<Register>[kStepVectors];

// `value` where the row sees the key, else `fill`.
template <class Register>
[[gnu::always_inline]] inline void hide(const StepKeys& keys, float fill,
                                        StepLanes<Register>& values) {
  alignas(64) static constexpr float kIndex[kLanes] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                       8, 9, 10, 11, 12, 13, 14, 15};
  using Lanes = Lanes16<Register>;
  const Lanes fills = Lanes::broadcast(fill);
  unrolled<kStepVectors>([&](int t) __attribute__((always_inline)) {
    const Lanes index = Lanes::load(kIndex) + Lanes::broadcast(static_cast<float>(t * kLanes));
    const Lanes begin = Lanes::broadcast(static_cast<float>(keys.begin));
    const Lanes end = Lanes::broadcast(static_cast<float>(keys.end));
    values[t] = each<Register>(
        [](auto i, auto b, auto e, auto v, auto f) {
          return Register::select(Register::less(i, b), f,
                                  Register::select(Register::less(i, e), v, f));
        },
        index, begin, end, values[t], fills);
  });
}

template <class Register>
[[gnu::always_inline]] inline float largest_of(const StepLanes<Register>& v) {
  static_assert(kStepVectors == 4);
  return max(running_max(running_max(v[0], v[1]), running_max(v[2], v[3])));
}

// c * tanh(s / c) = c * (1 - 2 / (1 + 2^(2 log2e s / c))), with the sign kept outside so that the
// exponent is never positive.
template <class Register>
inline Lanes16<Register> soft_capped(const Lanes16<Register>& s, float cap) {
  using Lanes = Lanes16<Register>;
  constexpr float kTwoLog2e = 2.88539008f;
  const Lanes zero = Lanes::broadcast(0.0f), one = Lanes::broadcast(1.0f);
  const Lanes caps = Lanes::broadcast(cap);
  const auto negative_magnitude = each<Register>(
      [](auto x, auto z) {
        return Register::select(Register::less(x, z), x, Register::subtract(z, x));
      },
      s, zero);
  const Lanes e = exp2(negative_magnitude * Lanes::broadcast(kTwoLog2e / cap));
  const Lanes tanh = (one - e) / (one + e);
  const Lanes capped = tanh * caps;
  return each<Register>(
      [](auto x, auto z, auto c) {
        return Register::select(Register::less(x, z), Register::subtract(z, c), c);
      },
      s, zero, capped);
}

// The largest v_scale of the keys that a row sees, and the factors that make weights of p: they
// are the same for all rows that see the whole step.
struct alignas(64) ValueScales {
  float factor[kAttentionStep];
  float weight_scale;
  int begin, end;  // the keys that they are for
};

template <class Register>
inline void scale_values(const StepKeys& keys, ValueScales& scales) {
  using Lanes = Lanes16<Register>;
  StepLanes<Register> v;
  unrolled<kStepVectors>([&](int t) { v[t] = Lanes::load(keys.v_scale[t / 2] + t % 2 * kLanes); });
  if (!keys.all()) hide<Register>(keys, 0.0f, v);
  scales.begin = keys.begin;
  scales.end = keys.end;
  const float top = largest_of<Register>(v);
  // Nothing but zeros, or values so small that 65535 / top overflows, weighs nothing.
  const bool nothing = !(top >= 0x1p-110f);
  scales.weight_scale = nothing ? 0.0f : top / 65535.0f;
  const Lanes unit = Lanes::broadcast(nothing ? 0.0f : 65535.0f / top);
  unrolled<kStepVectors>([&](int t) { (v[t] * unit).store(scales.factor + t * kLanes); });
}

// Brings row.largest up to date with a step's largest score and returns the decay of what was
// before; `first` says that nothing was.
inline float note_largest(float here, RowState& row, bool& first) {
  const float before = row.largest;
  first = before == -__builtin_inff();
  if (!(before < here)) return 1.0f;
  row.largest = here;
  return first ? 1.0f : exp2_register<ScalarRegister>(before - here);
}

// A row's exact sums in two parts, one of each byte of its numbers, kStride apart, and without the
// correction `start`.
template <int kStride>
struct SplitSums {
  const std::int32_t* sums;
  std::int32_t start;
};

// Sixteen exact sums from `at` on.
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> load_sums(const std::int32_t* sums, int at) {
  return load_integers<Register>(sums + at);
}
template <class Register, int kStride>
[[gnu::always_inline]] inline Lanes16<Register> load_sums(const SplitSums<kStride>& split, int at) {
  Lanes16<Register> y;
  const auto start = Register::broadcast_bits(static_cast<std::uint32_t>(split.start));
  unrolled<Lanes16<Register>::kRegisters>([&](int i) {
    const std::int32_t* hi = split.sums + at + i * Register::kLanes;
    const auto high = Register::template shift_left<8>(Register::load_bits(hi));
    const auto low = Register::add_bits(Register::load_bits(hi + kStride), start);
    y.part[i] = Register::to_float(Register::add_bits(high, low));
  });
  return y;
}

// A soft cap on scores in memory, and what the row does not see; returns the largest. A function of
// its own, so that what is rare takes no registers from what is not.
template <class Register>
[[gnu::noinline]] float cap_and_hide(const StepKeys& keys, float cap, float* scores) {
  StepLanes<Register> s;
  unrolled<kStepVectors>([&](int t) { s[t] = Lanes16<Register>::load(scores + t * kLanes); });
  if (cap != 0.0f) unrolled<kStepVectors>([&](int t) { s[t] = soft_capped(s[t], cap); });
  if (!keys.all()) hide<Register>(keys, -__builtin_inff(), s);
  unrolled<kStepVectors>([&](int t) { s[t].store(scores + t * kLanes); });
  return largest_of<Register>(s);
}

// Exact q . k to scores. score_scale: what makes them scores, but k_scale; cap: in units of scores,
// or 0. Brings row.largest up to date and returns the decay of what was before; `first` says that
// nothing was.
template <class Register, class Sums>
inline float score_step(const Sums& dots, const StepKeys& keys, float score_scale, float cap,
                        RowState& row, float* scores, bool& first) {
  using Lanes = Lanes16<Register>;
  StepLanes<Register> s;
  const Lanes factor = Lanes::broadcast(score_scale);
  unrolled<kStepVectors>([&](int t) {
    const Lanes scales = Lanes::load(keys.k_scale[t / 2] + t % 2 * kLanes);
    s[t] = load_sums<Register>(dots, t * kLanes) * scales * factor;
    s[t].store(scores + t * kLanes);
  });
  const bool plain = keys.all() && cap == 0.0f;
  const float top = plain ? largest_of<Register>(s) : cap_and_hide<Register>(keys, cap, scores);
  return note_largest(top, row, first);
}

// Scores to weights in two bytes. Returns the sum of the weights, but not where a register stores
// byte pairs in a way of its own: no kernel there corrects values.
template <class Register>
inline std::int32_t weight_step(const float* scores, const ValueScales& values, float decay,
                                RowState& row, std::int8_t* hi, std::int8_t* lo) {
  using Lanes = Lanes16<Register>;
  const Lanes shift = Lanes::broadcast(row.largest);
  if constexpr (requires { &Register::store_byte_pairs; }) {
    StepLanes<Register> p;
    typename Register::Batch u[kStepVectors];
    unrolled<kStepVectors>([&](int t) {
      p[t] = exp2(Lanes::load(scores + t * kLanes) - shift);
      u[t] = (p[t] * Lanes::load(values.factor + t * kLanes)).part[0];
    });
    fma(Lanes::load(row.sums), Lanes::broadcast(decay), (p[0] + p[1]) + (p[2] + p[3]))
        .store(row.sums);
    Register::store_byte_pairs(hi, lo, u);
    return 0;
  }
  auto sums = Register::broadcast_bits(0);
  Lanes pairs[kStepVectors / 2];
  unrolled<kStepVectors>([&](int t) {
    const Lanes p = exp2(Lanes::load(scores + t * kLanes) - shift);
    round_to_byte_pairs<0>(p * Lanes::load(values.factor + t * kLanes), hi + t * kLanes,
                           lo + t * kLanes, sums);
    pairs[t / 2] = t % 2 == 0 ? p : pairs[t / 2] + p;
  });
  fma(Lanes::load(row.sums), Lanes::broadcast(decay), pairs[0] + pairs[1]).store(row.sums);
  return static_cast<std::int32_t>(Register::sum_bits(sums) - kAttentionStep * kMagicBits);
}

// The output of a row goes on by a step's exact products.
template <class Register, class Sums>
inline void add_values(const StepResult& step, const Sums& products, int head_dim, float* out) {
  using Lanes = Lanes16<Register>;
  const Lanes scale = Lanes::broadcast(step.weight_scale), decay = Lanes::broadcast(step.decay);
  const auto each_sixteen = [&](auto combine) {
    const auto sixteen = [&](int d) __attribute__((always_inline)) {
      combine(load_sums<Register>(products, d), out + d).store(out + d);
    };
    // Heads of 64 and 128 are the most common ones.
    int d = 0;
    for (; d + 4 * kLanes <= head_dim; d += 4 * kLanes) {
      unrolled<4>([&](int i) __attribute__((always_inline)) { sixteen(d + i * kLanes); });
    }
    for (; d < head_dim; d += kLanes) sixteen(d);
  };
  if (step.first) {
    each_sixteen([&](const Lanes& product, const float*) { return product * scale; });
  } else if (step.decay == 1.0f) {  // most of the time
    each_sixteen([&](const Lanes& product, const float* before) {
      return fma(product, scale, Lanes::load(before));
    });
  } else {
    each_sixteen([&](const Lanes& product, const float* before) {
      return fma(product, scale, Lanes::load(before) * decay);
    });
  }
}

// A step's work for a row, for instruction sets that do not fit Lanes16 to specialize.
template <class Register>
struct StepMath {
  template <class Sums>
  static float score_step(const Sums& dots, const StepKeys& keys, float score_scale, float cap,
                          RowState& row, float* scores, bool& first) {
    return kernels::score_step<Register>(dots, keys, score_scale, cap, row, scores, first);
  }
  static std::int32_t weight_step(const float* scores, const ValueScales& values, float decay,
                                  RowState& row, std::int8_t* hi, std::int8_t* lo) {
    return kernels::weight_step<Register>(scores, values, decay, row, hi, lo);
  }
  template <class Sums>
  static void add_values(const StepResult& step, const Sums& products, int head_dim, float* out) {
    kernels::add_values<Register>(step, products, head_dim, out);
  }
};

}  // namespace
}  // namespace pincer::kernels
