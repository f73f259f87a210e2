// Sixteen float lanes in as many registers as the ISA needs (1, 2, 4, or 16 scalars).
//
// Sixteen lanes on every ISA make the partial sums of a reduction the same numbers everywhere, and
// with them the bits of the result. `Register` is one of the register_*.h policies.
#pragma once

#include <cstdint>

#include "kernels/elementwise/unrolled.h"
#include "pincer/kernels/attention.h"

namespace pincer::kernels {
namespace {

inline constexpr int kLanes = 16;

template <class Register>
struct Lanes16 {
  using Batch = typename Register::Batch;
  static constexpr int kRegisters = kLanes / Register::kLanes;
  Batch part[kRegisters];

  static Lanes16 broadcast(float x) {
    Lanes16 y;
    unrolled<kRegisters>([&](int i) { y.part[i] = Register::broadcast(x); });
    return y;
  }
  static Lanes16 load(const float* p) {
    Lanes16 y;
    unrolled<kRegisters>([&](int i) { y.part[i] = Register::load(p + i * Register::kLanes); });
    return y;
  }
  static Lanes16 load(const Half* p) {
    Lanes16 y;
    unrolled<kRegisters>([&](int i) { y.part[i] = Register::load_half(p + i * Register::kLanes); });
    return y;
  }
  // The first `count` floats, or sixteen if there are more. The other lanes are `fill`, and their
  // memory is not touched.
  static Lanes16 load_up_to(std::int64_t count, const float* p, float fill) {
    if (count >= kLanes) [[likely]]
      return load(p);
    alignas(64) float lanes[kLanes];
    for (int i = 0; i < kLanes; ++i) lanes[i] = i < count ? p[i] : fill;
    return load(lanes);
  }
  // In registers from here on: the compiler may not read it from memory again.
  Lanes16 kept() const {
    Lanes16 y = *this;
    unrolled<kRegisters>([&](int i) { Register::keep(y.part[i]); });
    return y;
  }
  void store(float* p) const {
    unrolled<kRegisters>([&](int i) { Register::store(p + i * Register::kLanes, part[i]); });
  }
  // The first `count` lanes, or all if that is more.
  void store_up_to(std::int64_t count, float* p) const {
    if (count >= kLanes) [[likely]]
      return store(p);
    alignas(64) float lanes[kLanes];
    store(lanes);
    for (std::int64_t i = 0; i < count; ++i) p[i] = lanes[i];
  }
};

// Applies an operation on registers to each part.
template <class Register, class Operation, class... Operands>
[[gnu::always_inline]] inline Lanes16<Register> each(Operation operation,
                                                     const Operands&... operands) {
  Lanes16<Register> y;
  unrolled<Lanes16<Register>::kRegisters>(
      [&](int i) { y.part[i] = operation(operands.part[i]...); });
  return y;
}

template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> operator+(const Lanes16<Register>& a,
                                                          const Lanes16<Register>& b) {
  return each<Register>([](auto x, auto y) { return Register::add(x, y); }, a, b);
}
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> operator-(const Lanes16<Register>& a,
                                                          const Lanes16<Register>& b) {
  return each<Register>([](auto x, auto y) { return Register::subtract(x, y); }, a, b);
}
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> operator*(const Lanes16<Register>& a,
                                                          const Lanes16<Register>& b) {
  return each<Register>([](auto x, auto y) { return Register::multiply(x, y); }, a, b);
}
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> operator/(const Lanes16<Register>& a,
                                                          const Lanes16<Register>& b) {
  return each<Register>([](auto x, auto y) { return Register::divide(x, y); }, a, b);
}
// Sixteen s32 at p as floats.
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> load_integers(const std::int32_t* p) {
  Lanes16<Register> y;
  unrolled<Lanes16<Register>::kRegisters>([&](int i) {
    y.part[i] = Register::to_float(Register::load_bits(p + i * Register::kLanes));
  });
  return y;
}
// a * b + c, rounded once.
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> fma(const Lanes16<Register>& a,
                                                    const Lanes16<Register>& b,
                                                    const Lanes16<Register>& c) {
  return each<Register>([](auto x, auto y, auto z) { return Register::fma(x, y, z); }, a, b, c);
}
// The larger one. A NaN in `x` is passed over.
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> running_max(const Lanes16<Register>& max,
                                                            const Lanes16<Register>& x) {
  return each<Register>([](auto m, auto v) { return Register::larger(m, v); }, max, x);
}

template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> magnitude(const Lanes16<Register>& x) {
  return each<Register>(
      [](auto part) {
        return Register::from_bits(
            Register::and_bits(Register::to_bits(part), Register::broadcast_bits(0x7fffffffu)));
      },
      x);
}

// visit(j, i, count) for each sixteen lanes of n floats: they start at i, `count` of them are left,
// j counts 0, 1, 2, 3 and again. A reduction has a register for each j, so that it does not wait
// for itself. `visit` is called in two places: gcc inlines it only if it is declared so.
template <class Visit>
[[gnu::always_inline]] inline void in_fours(std::int64_t n, Visit visit) {
  std::int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    unrolled<4>([&](int j) __attribute__((always_inline)) {
      visit(j, i + j * kLanes, std::int64_t{kLanes});
    });
  }
  unrolled<4>([&](int j) __attribute__((always_inline)) {
    if (i + j * kLanes < n) visit(j, i + j * kLanes, n - i - j * kLanes);
  });
}

// The contract's tree: lanes i and i+8, then i+4, i+2, i+1; between registers first, the last steps
// inside one.
template <class Register>
inline float sum(const Lanes16<Register>& a) {
  Lanes16<Register> lanes = a;
  for (int half = Lanes16<Register>::kRegisters / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) {
      lanes.part[i] = Register::add(lanes.part[i], lanes.part[i + half]);
    }
  }
  return Register::sum(lanes.part[0]);
}

// The largest lane; none may be NaN.
template <class Register>
inline float max(const Lanes16<Register>& a) {
  typename Register::Batch largest = a.part[0];
  for (int i = 1; i < Lanes16<Register>::kRegisters; ++i) {
    largest = Register::larger(largest, a.part[i]);
  }
  return Register::max(largest);
}

}  // namespace
}  // namespace pincer::kernels
