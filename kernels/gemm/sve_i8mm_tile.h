// GEMM on SVE with int8 matrix products: tiles of up to 8 rows by one panel, 6 vectors of weights.
//
// In every 16 bytes of its vectors SMMLA multiplies 2 rows x 8 k with 2 channels x 8 k, so rows
// come interleaved in pairs, and LD1RQ repeats a pair's 16 bytes along the vector. 24 sums, 6
// vectors of weights and 2 of rows are all 32 registers: the full tile is in assembly, because
// compilers answer with spills. (The sums have names one by one, because vectors without a known
// size make no arrays.)
#pragma once

#include <arm_sve.h>

#include <cstdint>

#include "kernels/gemm/sve_groups.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kIr = 2;  // rows in a pair
constexpr std::int64_t kKr = 8;
constexpr int kVectors = 6;  // of weights in a k-block

// A vector of sums holds two rows, (channel, channel, the same of the row below) again and again;
// every second pair of lanes of two such vectors is one row in the order of its channels.
inline svint32_t upper_row(svint32_t a, svint32_t b) {
  return svreinterpret_s32_s64(svuzp1_s64(svreinterpret_s64_s32(a), svreinterpret_s64_s32(b)));
}
inline svint32_t lower_row(svint32_t a, svint32_t b) {
  return svreinterpret_s32_s64(svuzp2_s64(svreinterpret_s64_s32(a), svreinterpret_s64_s32(b)));
}

// Vector `v` of the channels, which are half of 2 vectors of sums, of kPairs pairs of rows; the
// last of them may lack its lower row.
template <class W, int kPairs, bool kLast>
[[gnu::always_inline]] inline void finish(const Shape& shape, const Tile& t, std::int64_t g, int v,
                                          svint32_t p0, svint32_t p1, svint32_t q0, svint32_t q1,
                                          svint32_t r0, svint32_t r1, svint32_t s0, svint32_t s1) {
  const svbool_t written = lanes_below(t.channels, v);
  const svbool_t held = lanes_below(g == 0 ? 0 : t.channels, v);
  const auto* scales = reinterpret_cast<const std::uint16_t*>(t.w + shape.scales_offset);
  const svfloat32_t w_scale = load_scales(scales + g * shape.nr, v);
  const svfloat32_t bias = load_bias(t.bias, t.channels, v);
  const bool odd = t.rows % kIr != 0;
  const float* a = t.a_scale + g;
  float* c = t.c + v * static_cast<std::int64_t>(svcntw());
  const std::int64_t i = shape.groups, j = shape.c_stride;
  add_row<kLast>(written, held, w_scale, bias, W::sum(upper_row(p0, p1)), *a, c);
  if (kPairs == 1 && odd) return;
  add_row<kLast>(written, held, w_scale, bias, W::sum(lower_row(p0, p1)), a[i], c + j);
  if (kPairs == 1) return;
  add_row<kLast>(written, held, w_scale, bias, W::sum(upper_row(q0, q1)), a[2 * i], c + 2 * j);
  if (kPairs == 2 && odd) return;
  add_row<kLast>(written, held, w_scale, bias, W::sum(lower_row(q0, q1)), a[3 * i], c + 3 * j);
  if (kPairs == 2) return;
  add_row<kLast>(written, held, w_scale, bias, W::sum(upper_row(r0, r1)), a[4 * i], c + 4 * j);
  if (kPairs == 3 && odd) return;
  add_row<kLast>(written, held, w_scale, bias, W::sum(lower_row(r0, r1)), a[5 * i], c + 5 * j);
  if (kPairs == 3) return;
  add_row<kLast>(written, held, w_scale, bias, W::sum(upper_row(s0, s1)), a[6 * i], c + 6 * j);
  if (odd) return;
  add_row<kLast>(written, held, w_scale, bias, W::sum(lower_row(s0, s1)), a[7 * i], c + 7 * j);
}

template <class W, int kPairs>
[[gnu::always_inline]] inline void finish(const Shape& shape, const Tile& t, std::int64_t g, int v,
                                          svint32_t p0, svint32_t p1, svint32_t q0, svint32_t q1,
                                          svint32_t r0, svint32_t r1, svint32_t s0, svint32_t s1) {
  if (g + 1 == shape.groups) {
    finish<W, kPairs, true>(shape, t, g, v, p0, p1, q0, q1, r0, r1, s0, s1);
  } else {
    finish<W, kPairs, false>(shape, t, g, v, p0, p1, q0, q1, r0, r1, s0, s1);
  }
}

// Group g of 7 or 8 rows. Not inlined: what could be hoisted would only wait on the stack.
//
// z0 - z5: the weights of a k-block; z6, z7: pairs of rows. x9, x10: where this k-block and the
// next are in a pair of rows; x11 - x13: the second to fourth pair; x14: the fifth vector of
// weights, from which 12 are within reach of -8 .. 7.
template <class W>
[[gnu::noinline]] void compute_four_pairs(const Shape& shape, const Tile& t, std::int64_t g) {
  svint32_t p0, p1, p2, p3, p4, p5, q0, q1, q2, q3, q4, q5;
  svint32_t r0, r1, r2, r3, r4, r5, s0, s1, s2, s3, s4, s5;
  asm volatile(
      R"(
  .macro multiply rows, s0, s1, s2, s3, s4, s5
  smmla \s0\().s, \rows\().b, z0.b
  smmla \s1\().s, \rows\().b, z1.b
  smmla \s2\().s, \rows\().b, z2.b
  smmla \s3\().s, \rows\().b, z3.b
  smmla \s4\().s, \rows\().b, z4.b
  smmla \s5\().s, \rows\().b, z5.b
  .endm
  .macro weights first
  ld1b {z0.b}, p0/z, [x14, #(\first), mul vl]
  ld1b {z1.b}, p0/z, [x14, #(\first + 1), mul vl]
  ld1b {z2.b}, p0/z, [x14, #(\first + 2), mul vl]
  ld1b {z3.b}, p0/z, [x14, #(\first + 3), mul vl]
  ld1b {z4.b}, p0/z, [x14, #(\first + 4), mul vl]
  ld1b {z5.b}, p0/z, [x14, #(\first + 5), mul vl]
  .endm
  .macro k_block at
  ld1rqb {z6.b}, p0/z, [%[a], \at]
  ld1rqb {z7.b}, p0/z, [x11, \at]
  multiply z6, %[p0], %[p1], %[p2], %[p3], %[p4], %[p5]
  ld1rqb {z6.b}, p0/z, [x12, \at]
  multiply z7, %[q0], %[q1], %[q2], %[q3], %[q4], %[q5]
  ld1rqb {z7.b}, p0/z, [x13, \at]
  multiply z6, %[r0], %[r1], %[r2], %[r3], %[r4], %[r5]
  multiply z7, %[s0], %[s1], %[s2], %[s3], %[s4], %[s5]
  .endm

  .irp sum, %[p0], %[p1], %[p2], %[p3], %[p4], %[p5], %[q0], %[q1], %[q2], %[q3], %[q4], %[q5]
  mov \sum\().s, #0
  .endr
  .irp sum, %[r0], %[r1], %[r2], %[r3], %[r4], %[r5], %[s0], %[s1], %[s2], %[s3], %[s4], %[s5]
  mov \sum\().s, #0
  .endr
  ptrue p0.b
  add x11, %[a], %[stride]
  add x12, x11, %[stride]
  add x13, x12, %[stride]
  addvl x14, %[w], #4
  mov x9, #0
  mov x10, #16
1:
  weights -4
  .if %c[bits] == 4
  .irp z, z0, z1, z2, z3, z4, z5
  lsl \z\().b, \z\().b, #4
  .endr
  .endif
  k_block x9
  .if %c[bits] == 4
  weights -4
  .irp z, z0, z1, z2, z3, z4, z5
  and \z\().b, \z\().b, #0xf0
  .endr
  addvl x14, x14, #6
  .else
  weights 2
  addvl x14, x14, #12
  .endif
  add x9, x9, #32
  k_block x10
  add x10, x10, #32
  cmp x9, %[bytes]
  b.lt 1b
  .purgem multiply
  .purgem weights
  .purgem k_block
)"
      : [p0] "=&w"(p0), [p1] "=&w"(p1), [p2] "=&w"(p2), [p3] "=&w"(p3), [p4] "=&w"(p4),
        [p5] "=&w"(p5), [q0] "=&w"(q0), [q1] "=&w"(q1), [q2] "=&w"(q2), [q3] "=&w"(q3),
        [q4] "=&w"(q4), [q5] "=&w"(q5), [r0] "=&w"(r0), [r1] "=&w"(r1), [r2] "=&w"(r2),
        [r3] "=&w"(r3), [r4] "=&w"(r4), [r5] "=&w"(r5), [s0] "=&w"(s0), [s1] "=&w"(s1),
        [s2] "=&w"(s2), [s3] "=&w"(s3), [s4] "=&w"(s4), [s5] "=&w"(s5)
      : [a] "r"(t.a + g * shape.group * kIr), [stride] "r"(shape.a_stride),
        [w] "r"(t.w + bytes_of<W>(g * shape.group, shape.nr)), [bytes] "r"(shape.group * kIr),
        [bits] "i"(W::kBits)
      : "x9", "x10", "x11", "x12", "x13", "x14", "p0", "z0", "z1", "z2", "z3", "z4", "z5", "z6",
        "z7", "cc", "memory");
  finish<W, 4>(shape, t, g, 0, p0, p1, q0, q1, r0, r1, s0, s1);
  finish<W, 4>(shape, t, g, 1, p2, p3, q2, q3, r2, r3, s2, s3);
  finish<W, 4>(shape, t, g, 2, p4, p5, q4, q5, r4, r5, s4, s5);
}

inline void multiply(const std::int8_t* a, svint8_t w0, svint8_t w1, svint8_t w2, svint8_t w3,
                     svint8_t w4, svint8_t w5, svint32_t& s0, svint32_t& s1, svint32_t& s2,
                     svint32_t& s3, svint32_t& s4, svint32_t& s5) {
  const svint8_t rows = svld1rq_s8(svptrue_b8(), a);
  s0 = svmmla_s32(s0, rows, w0);
  s1 = svmmla_s32(s1, rows, w1);
  s2 = svmmla_s32(s2, rows, w2);
  s3 = svmmla_s32(s3, rows, w3);
  s4 = svmmla_s32(s4, rows, w4);
  s5 = svmmla_s32(s5, rows, w5);
}

// Group g of up to 6 rows.
template <class W, int kPairs>
[[gnu::noinline]] void compute_pairs(const Shape& s, const Tile& t, std::int64_t g) {
  const svint32_t zero = svdup_n_s32(0);
  svint32_t p0 = zero, p1 = zero, p2 = zero, p3 = zero, p4 = zero, p5 = zero;
  svint32_t q0 = zero, q1 = zero, q2 = zero, q3 = zero, q4 = zero, q5 = zero;
  svint32_t r0 = zero, r1 = zero, r2 = zero, r3 = zero, r4 = zero, r5 = zero;
  const std::int8_t* a = t.a + g * s.group * kIr;
  const auto* w = reinterpret_cast<const std::int8_t*>(t.w) + bytes_of<W>(g * s.group, s.nr);
  for (std::int64_t k = 0; k < s.group; k += kStep, w += bytes_of<W>(kStep, s.nr)) {
#pragma GCC unroll 2
    for (int b = 0; b < kStep / kKr; ++b, a += kKr * kIr) {
      const svint8_t w0 = W::load(w, b, kVectors, 0), w1 = W::load(w, b, kVectors, 1);
      const svint8_t w2 = W::load(w, b, kVectors, 2), w3 = W::load(w, b, kVectors, 3);
      const svint8_t w4 = W::load(w, b, kVectors, 4), w5 = W::load(w, b, kVectors, 5);
      multiply(a, w0, w1, w2, w3, w4, w5, p0, p1, p2, p3, p4, p5);
      if constexpr (kPairs > 1) {
        multiply(a + s.a_stride, w0, w1, w2, w3, w4, w5, q0, q1, q2, q3, q4, q5);
      }
      if constexpr (kPairs > 2) {
        multiply(a + 2 * s.a_stride, w0, w1, w2, w3, w4, w5, r0, r1, r2, r3, r4, r5);
      }
    }
  }
  finish<W, kPairs>(s, t, g, 0, p0, p1, q0, q1, r0, r1, zero, zero);
  finish<W, kPairs>(s, t, g, 1, p2, p3, q2, q3, r2, r3, zero, zero);
  finish<W, kPairs>(s, t, g, 2, p4, p5, q4, q5, r4, r5, zero, zero);
}

template <class W>
void compute_group(const Shape& s, const Tile& t, std::int64_t g) {
  switch ((t.rows + 1) / kIr) {
    case 1:
      return compute_pairs<W, 1>(s, t, g);
    case 2:
      return compute_pairs<W, 2>(s, t, g);
    case 3:
      return compute_pairs<W, 3>(s, t, g);
    default:
      return compute_four_pairs<W>(s, t, g);
  }
}

template <class W>
inline void sve_i8mm_gemm(const GemmArgs& args) {
  for_each_group<W>(args, kIr, kKr, kVectors, compute_group<W>);
}

}  // namespace
}  // namespace pincer::kernels
