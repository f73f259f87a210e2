// The one contract of every GEMM and GEMV kernel:
//
//   C[m][n] = bias[n] + sum over groups g, ascending, of fma(float(S), sa[m][g] * sw[g][n], acc)
//   S       = sum over k in g of a[m][k] * w[n][k]       exact in int32
//
// acc starts at +0; the product of the scales is rounded to float first; the bias is added last.
// Nothing else is rounded, so every ISA gives the same bits. a is s8 in [-128, 127], w in [-127,
// 127] or, where weights have 4 bits, in [-7, 7].
#pragma once

#include <cstdint>

#include "pincer/kernels/matrix.h"

namespace pincer::kernels {

struct GemmArgs {
  QuantizedRows a;  // all M rows
  PackedMatrix w;
  const float* bias = nullptr;          // [n] or null
  float* c = nullptr;                   // [M][c_stride]; column 0 is channel 0
  std::int64_t c_stride = 0;            // elements
  std::int64_t m_begin = 0, m_end = 0;  // rows to compute; m_begin is a multiple of a.ir
  std::int64_t panel_begin = 0,
               panel_end = 0;  // panels to compute; channels beyond n are not written
};

using GemmFn = void (*)(const GemmArgs&) noexcept;

// FP32 reference: C[m][n] = bias[n] + sum over k of a[m][k] * w[n][k], in 16 partial sums by k mod
// 16, added as a tree.
struct GemmF32Args {
  MatrixView<const float> a;  // [M][k]
  MatrixView<const float> w;  // [n][k]
  const float* bias = nullptr;
  MatrixView<float> c;  // [M][n]
  std::int64_t m_begin = 0, m_end = 0;
  std::int64_t n_begin = 0, n_end = 0;
};
using GemmF32Fn = void (*)(const GemmF32Args&) noexcept;

}  // namespace pincer::kernels
