// GEMM on SVE with dot products: tiles of up to 8 rows by one panel, 3 vectors of weights.
//
// SDOT by lane multiplies a vector of weights, 4 k of each of its channels, with 4 k of one row.
// Rows come interleaved in fours, so that 16 bytes, repeated along the vector by LD1RQ, are one
// k-block of 4 rows. 24 sums, 3 vectors of weights and 2 of rows: 29 of 32 registers. (The sums
// have names one by one, because vectors without a known size make no arrays.)
#pragma once

#include <arm_sve.h>

#include <cstdint>

#include "kernels/gemm/sve_groups.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kIr = 4;
constexpr std::int64_t kKr = 4;
constexpr int kVectors = 3;  // of weights in a k-block
constexpr int kBlocks = 4;   // k-blocks per turn of the inner loop

// One k-block of 4 rows: `rows` by 3 vectors of weights.
inline void multiply(svint8_t rows, svint8_t w0, svint8_t w1, svint8_t w2, svint32_t& p0,
                     svint32_t& p1, svint32_t& p2, svint32_t& q0, svint32_t& q1, svint32_t& q2,
                     svint32_t& r0, svint32_t& r1, svint32_t& r2, svint32_t& s0, svint32_t& s1,
                     svint32_t& s2) {
  p0 = svdot_lane_s32(p0, w0, rows, 0);
  p1 = svdot_lane_s32(p1, w1, rows, 0);
  p2 = svdot_lane_s32(p2, w2, rows, 0);
  q0 = svdot_lane_s32(q0, w0, rows, 1);
  q1 = svdot_lane_s32(q1, w1, rows, 1);
  q2 = svdot_lane_s32(q2, w2, rows, 1);
  r0 = svdot_lane_s32(r0, w0, rows, 2);
  r1 = svdot_lane_s32(r1, w1, rows, 2);
  r2 = svdot_lane_s32(r2, w2, rows, 2);
  s0 = svdot_lane_s32(s0, w0, rows, 3);
  s1 = svdot_lane_s32(s1, w1, rows, 3);
  s2 = svdot_lane_s32(s2, w2, rows, 3);
}

// Vector `v` of the channels, for up to 4 rows from `row` on.
template <bool kLast>
[[gnu::always_inline]] inline void finish(const Shape& shape, const Tile& t, std::int64_t g, int v,
                                          std::int64_t row, svint32_t p, svint32_t q, svint32_t r,
                                          svint32_t s) {
  const svbool_t written = lanes_below(t.channels, v);
  const svbool_t held = lanes_below(g == 0 ? 0 : t.channels, v);
  const auto* scales = reinterpret_cast<const std::uint16_t*>(t.w + shape.scales_offset);
  const svfloat32_t w_scale = load_scales(scales + g * shape.nr, v);
  const svfloat32_t bias = load_bias(t.bias, t.channels, v);
  const std::int64_t i = shape.groups, j = shape.c_stride;
  const float* a = t.a_scale + row * i + g;
  float* c = t.c + row * j + v * static_cast<std::int64_t>(svcntw());
  add_row<kLast>(written, held, w_scale, bias, p, *a, c);
  if (t.rows == row + 1) return;
  add_row<kLast>(written, held, w_scale, bias, q, a[i], c + j);
  if (t.rows == row + 2) return;
  add_row<kLast>(written, held, w_scale, bias, r, a[2 * i], c + 2 * j);
  if (t.rows == row + 3) return;
  add_row<kLast>(written, held, w_scale, bias, s, a[3 * i], c + 3 * j);
}

[[gnu::always_inline]] inline void finish(const Shape& shape, const Tile& t, std::int64_t g, int v,
                                          std::int64_t row, svint32_t p, svint32_t q, svint32_t r,
                                          svint32_t s) {
  if (g + 1 == shape.groups) {
    finish<true>(shape, t, g, v, row, p, q, r, s);
  } else {
    finish<false>(shape, t, g, v, row, p, q, r, s);
  }
}

// Group g of up to 4 rows, or with kEight of 5 to 8. Not inlined: what could be hoisted would only
// wait on the stack.
template <class W, bool kEight>
[[gnu::noinline]] void compute_group(const Shape& shape, const Tile& t, std::int64_t g) {
  const svint32_t zero = svdup_n_s32(0);
  svint32_t p0 = zero, p1 = zero, p2 = zero, q0 = zero, q1 = zero, q2 = zero;
  svint32_t r0 = zero, r1 = zero, r2 = zero, s0 = zero, s1 = zero, s2 = zero;
  svint32_t t0 = zero, t1 = zero, t2 = zero, u0 = zero, u1 = zero, u2 = zero;
  svint32_t v0 = zero, v1 = zero, v2 = zero, w0 = zero, w1 = zero, w2 = zero;
  const svbool_t all = svptrue_b8();
  const std::int8_t* a = t.a + g * shape.group * kIr;
  const std::int8_t* b = a + shape.a_stride;
  // 12 vectors are within reach of -8 .. 7 from the fifth.
  const auto* w = reinterpret_cast<const std::int8_t*>(t.w) +
                  bytes_of<W>(g * shape.group, shape.nr) + 4 * svcntb();
  std::int64_t left = shape.group;
  do {
#pragma GCC unroll 4
    for (int u = 0; u < kBlocks; ++u) {
      const svint8_t x0 = W::load(w, u, kVectors, 0, 4);
      const svint8_t x1 = W::load(w, u, kVectors, 1, 4);
      const svint8_t x2 = W::load(w, u, kVectors, 2, 4);
      // There are no registers that keep the bytes of two k-blocks from the first to the second.
      if constexpr (W::kBits == 4) __asm__("" : "+r"(w));
      multiply(svld1rq_s8(all, a + u * kIr * kKr), x0, x1, x2, p0, p1, p2, q0, q1, q2, r0, r1, r2,
               s0, s1, s2);
      if constexpr (kEight) {
        multiply(svld1rq_s8(all, b + u * kIr * kKr), x0, x1, x2, t0, t1, t2, u0, u1, u2, v0, v1, v2,
                 w0, w1, w2);
      }
    }
    a += kStep * kIr;
    b += kStep * kIr;
    w += kBlocks * kVectors * W::kBits / 8 * svcntb();
    left -= kStep;
  } while (left > 0);
  finish(shape, t, g, 0, 0, W::sum(p0), W::sum(q0), W::sum(r0), W::sum(s0));
  finish(shape, t, g, 1, 0, W::sum(p1), W::sum(q1), W::sum(r1), W::sum(s1));
  finish(shape, t, g, 2, 0, W::sum(p2), W::sum(q2), W::sum(r2), W::sum(s2));
  if constexpr (kEight) {
    finish(shape, t, g, 0, kIr, W::sum(t0), W::sum(u0), W::sum(v0), W::sum(w0));
    finish(shape, t, g, 1, kIr, W::sum(t1), W::sum(u1), W::sum(v1), W::sum(w1));
    finish(shape, t, g, 2, kIr, W::sum(t2), W::sum(u2), W::sum(v2), W::sum(w2));
  }
}

template <class W>
inline void sve_gemm(const GemmArgs& args) {
  for_each_group<W>(args, kIr, kKr, kVectors, [](const Shape& s, const Tile& t, std::int64_t g) {
    t.rows > kIr ? compute_group<W, true>(s, t, g) : compute_group<W, false>(s, t, g);
  });
}

}  // namespace
}  // namespace pincer::kernels
