// The SIMD register of one ISA, as the row operations and attention see it: xsimd batches and the
// primitives on them.
//
// An ISA's own header derives from this and adds
//   fma(), divide()   xsimd 8.1 has no fused multiply-add for AVX-512 and divides approximately on
//   NEON, and here every ISA
//                     must give the same bits;
//   sum()             the lanes of one register added as the tree: halves, then halves of that;
//   max(), sum_bits() of the lanes of one register, where the order does not matter;
//   to_float()        s32 lanes as floats; load_half(): binary16 from memory;
//   store_bytes()     the low byte of each of sixteen lanes, which xsimd lacks;
//   round()           to s32, half to even, for |x| < 2^22; anything for others;
//   store_64_bytes()  64 lanes of s32 that are s8, 32 to each of two places;
//   swap_lanes()      lane i from lane i ^ kDistance, for each kDistance below kLanes;
//   pair_lanes()      low and high whose lanes i are {x[i], x[i ^ kDistance]} in any order, x being
//                     a where that bit of i is clear, else b;
//   mask_bits()       bit i is lane i of the mask;
//   kHadamardLevels   of the Hadamard transform at a time: 2^levels times sixteen lanes and as many
//                     again for the results should fit the registers.
// Everything is in an anonymous namespace, so that code compiled with one ISA's flags can never be
// linked into another's.
#pragma once

#include <cstdint>

#include "xsimd/xsimd.hpp"

namespace pincer::kernels {
namespace {

template <class Arch>
struct XsimdRegister {
  using Batch = xsimd::batch<float, Arch>;
  using Bits = xsimd::batch<std::uint32_t, Arch>;
  using Mask = xsimd::batch_bool<float, Arch>;
  static constexpr int kLanes = static_cast<int>(Batch::size);

  static Batch broadcast(float x) { return Batch(x); }
  static Batch load(const float* p) { return Batch::load_unaligned(p); }
  static void store(float* p, Batch a) { a.store_unaligned(p); }
  static Batch add(Batch a, Batch b) { return a + b; }
  static Batch subtract(Batch a, Batch b) { return a - b; }
  static Batch multiply(Batch a, Batch b) { return a * b; }
  // The larger one; m where v is NaN.
  static Batch larger(Batch m, Batch v) { return select(less(m, v), v, m); }
  static Mask less(Batch a, Batch b) { return a < b; }
  static Batch select(Mask mask, Batch yes, Batch no) { return xsimd::select(mask, yes, no); }
  // Tells the compiler that a value is in a register and cannot be read from memory again, where
  // that pays.
  static void keep(Batch&) {}

  static Bits broadcast_bits(std::uint32_t x) { return Bits(x); }
  static Bits to_bits(Batch a) { return xsimd::bitwise_cast<Bits>(a); }
  static Batch from_bits(Bits a) { return xsimd::bitwise_cast<Batch>(a); }
  static Bits load_bits(const std::int32_t* p) {
    return Bits::load_unaligned(reinterpret_cast<const std::uint32_t*>(p));
  }
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
};

}  // namespace
}  // namespace pincer::kernels
