// 2^x of sixteen lanes for x <= 0, the same bits on every ISA.
//
// x = n + r with |r| <= 1/2, 2^r by a polynomial of degree 4 with p(0) = 1 (least maximum of the
// relative error: 2.8e-6), 2^n added to the exponent bits. Exactly 0 below -126.
#pragma once

#include <cstdint>

#include "kernels/elementwise/lanes16.h"

namespace pincer::kernels {
namespace {

template <class Register>
[[gnu::always_inline]] inline typename Register::Batch exp2_register(typename Register::Batch x) {
  using Batch = typename Register::Batch;
  const auto constant = [](float c) { return Register::broadcast(c); };
  // Adding 1.5 * 2^23 rounds to an integer, half to even, and leaves it in the low bits.
  const Batch magic = constant(0x1.8p+23f);
  const Batch shifted = Register::add(x, magic);
  const Batch r = Register::subtract(x, Register::subtract(shifted, magic));
  Batch p = constant(0x1.3a02ccp-7f);
  p = Register::fma(p, r, constant(0x1.c9fc46p-5f));
  p = Register::fma(p, r, constant(0x1.ec0378p-3f));
  p = Register::fma(p, r, constant(0x1.62e12cp-1f));
  p = Register::fma(p, r, constant(1.0f));
  const Batch scaled = Register::from_bits(Register::add_bits(
      Register::to_bits(p), Register::template shift_left<23>(Register::to_bits(shifted))));
  return Register::select(Register::less(x, constant(-126.0f)), constant(0.0f), scaled);
}

template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> exp2(const Lanes16<Register>& x) {
  return each<Register>([](auto part) { return exp2_register<Register>(part); }, x);
}

}  // namespace
}  // namespace pincer::kernels
