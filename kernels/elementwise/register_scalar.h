// The reference: one lane in plain C++, the same primitives as register_xsimd.h and its ISA
// headers.
#pragma once

#include <cstdint>

#include "pincer/kernels/attention.h"

namespace pincer::kernels {
namespace {

struct ScalarRegister {
  using Batch = float;
  using Bits = std::uint32_t;
  using Mask = bool;
  static constexpr int kLanes = 1;

  static Batch broadcast(float x) { return x; }
  static Batch load(const float* p) { return *p; }
  // Subnormal halves are multiples of 2^-24; the others get the larger exponent's bias.
  static Batch load_half(const Half* p) {
    const std::uint32_t sign = (p->bits & 0x8000u) << 16, exponent = p->bits >> 10 & 31u,
                        fraction = p->bits & 0x3ffu;
    if (exponent == 0) {
      const float size = static_cast<float>(fraction) * 0x1p-24f;
      return sign != 0 ? -size : size;
    }
    return from_bits(sign | (exponent == 31 ? 255u : exponent + 112u) << 23 | fraction << 13);
  }
  static void store(float* p, Batch a) { *p = a; }
  static Batch add(Batch a, Batch b) { return a + b; }
  static Batch subtract(Batch a, Batch b) { return a - b; }
  static Batch multiply(Batch a, Batch b) { return a * b; }
  static Batch divide(Batch a, Batch b) { return a / b; }
  // One instruction where the target has it, else a slow and exact library call.
  static Batch fma(Batch a, Batch b, Batch c) { return __builtin_fmaf(a, b, c); }
  // The larger one; m where v is NaN.
  static Batch larger(Batch m, Batch v) { return select(less(m, v), v, m); }
  static Mask less(Batch a, Batch b) { return a < b; }
  static Batch select(Mask mask, Batch yes, Batch no) { return mask ? yes : no; }

  static Bits broadcast_bits(std::uint32_t x) { return x; }
  static Bits to_bits(Batch a) {
    Bits bits;
    __builtin_memcpy(&bits, &a, sizeof bits);
    return bits;
  }
  static Batch from_bits(Bits a) {
    Batch value;
    __builtin_memcpy(&value, &a, sizeof value);
    return value;
  }
  static Bits load_bits(const std::int32_t* p) { return static_cast<Bits>(*p); }
  static Batch to_float(Bits a) { return static_cast<float>(static_cast<std::int32_t>(a)); }
  static Bits add_bits(Bits a, Bits b) { return a + b; }
  static Bits and_bits(Bits a, Bits b) { return a & b; }
  template <int kShift>
  static Bits shift_right(Bits a) {
    return a >> kShift;
  }
  template <int kShift>
  static Bits shift_left(Bits a) {
    return a << kShift;
  }

  static float sum(Batch a) { return a; }
  static float max(Batch a) { return a; }
  static std::uint32_t sum_bits(Bits a) { return a; }
  static void store_bytes(std::int8_t* p, const Bits (&a)[16]) {
    for (int i = 0; i < 16; ++i) p[i] = static_cast<std::int8_t>(a[i] & 0xffu);
  }
  static void keep(Batch&) {}
  // Adding 1.5 * 2^23 leaves the integer in the low bits.
  static Bits round(Batch a) { return to_bits(a + 0x1.8p+23f) - 0x4b400000u; }
  static void store_64_bytes(std::int8_t* low, std::int8_t* high, const Bits (&a)[64]) {
    for (int i = 0; i < 32; ++i) {
      low[i] = static_cast<std::int8_t>(a[i] & 0xffu);
      high[i] = static_cast<std::int8_t>(a[i + 32] & 0xffu);
    }
  }
  static std::uint32_t mask_bits(Mask mask) { return mask ? 1u : 0u; }
  static constexpr int kHadamardLevels = 1;
};

}  // namespace
}  // namespace pincer::kernels
