// exp of sixteen lanes, the same bits on every ISA.
//
// x = n ln2 + r with |r| <= ln2 / 2 (Cody & Waite, 1980), e^r by a polynomial of degree 6, 2^n
// added to the exponent bits. Within 1 ulp for x in [kExpFlush, kExpOverflow). Below that range the
// result is exactly 0 (it would be subnormal), above it infinity; NaN gives NaN.
#pragma once

#include <cstdint>

#include "kernels/elementwise/lanes16.h"

namespace pincer::kernels {
namespace {

// -87.3365: the logarithm of the smallest normal number, 2^-126.
inline constexpr float kExpFlush = -0x1.5d589ep+6f;
// 88.7228: just above the logarithm of the largest float.
inline constexpr float kExpOverflow = 0x1.62e430p+6f;

template <class Register>
[[gnu::always_inline]] inline typename Register::Batch exp_register(typename Register::Batch x) {
  using Batch = typename Register::Batch;
  const auto constant = [](float c) { return Register::broadcast(c); };

  // Adding 1.5 * 2^23 rounds to an integer, half to even, and leaves it in the low bits.
  const Batch magic = constant(0x1.8p+23f);
  const Batch shifted = Register::fma(x, constant(0x1.715476p+0f), magic);  // 1 / ln2
  const Batch n = Register::subtract(shifted, magic);
  Batch r = Register::fma(n, constant(-0x1.62e430p-1f), x);  // ln2 to 24 bits: this step is exact
  r = Register::fma(n, constant(0x1.05c610p-29f), r);        // the rest of ln2

  // 1 + r + r^2 q(r): q by Remez' exchange for the relative error, 3.1e-9 before its coefficients
  // are rounded.
  Batch p = constant(0x1.6a23d0p-10f);
  p = Register::fma(p, r, constant(0x1.123a20p-7f));
  p = Register::fma(p, r, constant(0x1.5558f2p-5f));
  p = Register::fma(p, r, constant(0x1.555492p-3f));
  p = Register::fma(p, r, constant(0x1.fffffcp-2f));
  p = Register::fma(p, r, constant(1.0f));
  p = Register::fma(p, r, constant(1.0f));

  const Batch scaled = Register::from_bits(Register::add_bits(
      Register::to_bits(p), Register::template shift_left<23>(Register::to_bits(shifted))));
  // x + infinity is infinity above the range and NaN for NaN, whose comparisons are all false.
  const Batch inside = Register::select(Register::less(x, constant(kExpOverflow)), scaled,
                                        Register::add(x, constant(__builtin_inff())));
  return Register::select(Register::less(x, constant(kExpFlush)), constant(0.0f), inside);
}

template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> exp(const Lanes16<Register>& x) {
  return each<Register>([](auto part) { return exp_register<Register>(part); }, x);
}

}  // namespace
}  // namespace pincer::kernels
