// Sixteen floats to bytes.
#pragma once

#include <cstdint>

#include "kernels/elementwise/lanes16.h"
#include "kernels/elementwise/unrolled.h"

namespace pincer::kernels {
namespace {

// q = the low byte of round-half-even(x) for |x| < 2^22: adding 1.5 * 2^23 rounds to an integer and
// leaves it in the low bits, in two's complement. What other inputs leave there is some byte too.
// Adds the integers to `sums`.
template <class Register>
inline void round_to_bytes(const Lanes16<Register>& x, std::int8_t* q,
                           typename Register::Bits& sums) {
  constexpr int kRegisters = Lanes16<Register>::kRegisters;
  constexpr std::uint32_t kMinusMagicBits = 0u - 0x4b400000u;
  typename Register::Bits integers[kRegisters];
  unrolled<kRegisters>([&](int i) {
    const auto shifted = Register::add(x.part[i], Register::broadcast(0x1.8p+23f));
    integers[i] =
        Register::add_bits(Register::to_bits(shifted), Register::broadcast_bits(kMinusMagicBits));
    sums = Register::add_bits(sums, integers[i]);
  });
  Register::store_bytes(q, integers);
}

// 64 floats, |x| <= 127, to 32 bytes at each of two places. Gives the integers.
template <class Register>
[[gnu::always_inline]] inline void round_64_to_bytes(const Lanes16<Register> (&x)[4],
                                                     std::int8_t* low, std::int8_t* high,
                                                     Lanes16<Register> (&integers)[4]) {
  constexpr int kRegisters = Lanes16<Register>::kRegisters;
  typename Register::Bits rounded[4 * kRegisters];
  unrolled<4 * kRegisters>([&](int i) {
    rounded[i] = Register::round(x[i / kRegisters].part[i % kRegisters]);
    integers[i / kRegisters].part[i % kRegisters] = Register::from_bits(rounded[i]);
  });
  Register::store_64_bytes(low, high, rounded);
}

// The sum of two of them.
template <class Register>
[[gnu::always_inline]] inline Lanes16<Register> add_integers(const Lanes16<Register>& a,
                                                             const Lanes16<Register>& b) {
  return each<Register>(
      [](auto x, auto y) {
        return Register::from_bits(Register::add_bits(Register::to_bits(x), Register::to_bits(y)));
      },
      a, b);
}

// The same as round_to_bytes in two bytes: lo = the low byte of round-half-even(x), hi = (that +
// kCarry) >> 8; with a carry of 128 both are s8, with 0 both are u8. Adds the integers plus
// kMagicBits to `sums`.
inline constexpr std::uint32_t kMagicBits = 0x4b400000u;

template <std::uint32_t kCarry, class Register>
inline void round_to_byte_pairs(const Lanes16<Register>& x, std::int8_t* hi, std::int8_t* lo,
                                typename Register::Bits& sums) {
  constexpr int kRegisters = Lanes16<Register>::kRegisters;
  typename Register::Bits low[kRegisters], high[kRegisters];
  unrolled<kRegisters>([&](int i) {
    low[i] = Register::to_bits(Register::add(x.part[i], Register::broadcast(0x1.8p+23f)));
    high[i] = low[i];
    if constexpr (kCarry != 0) {
      high[i] = Register::add_bits(low[i], Register::broadcast_bits(kCarry));
    }
    sums = Register::add_bits(sums, low[i]);
  });
  Register::store_bytes(lo, low);
  if constexpr (requires { Register::store_second_bytes(hi, high); }) {
    Register::store_second_bytes(hi, high);
  } else {
    unrolled<kRegisters>([&](int i) { high[i] = Register::template shift_right<8>(high[i]); });
    Register::store_bytes(hi, high);
  }
}

}  // namespace
}  // namespace pincer::kernels
