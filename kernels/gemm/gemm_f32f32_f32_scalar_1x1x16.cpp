// The FP32 reference path: C = A W^T with one dot product at a time.
//
// The 16 partial sums of a dot product are four vectors of the baseline (SSE2, NEON), which the
// compiler finds by itself; they are enough independent chains for its adders. Tiles of several dot
// products were no faster when compiled by gcc 12, most of them much slower. Multiplication and
// addition stay two roundings, so a baseline without fma gives the same bits.
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kLanes = 16;
// Rows of W taken at a time, so that they stay in the L2 cache (192 KiB at k = 1536) while all rows
// of A pass by.
constexpr std::int64_t kBlock = 32;

// Sum over k of a[k] * w[k]: lane k mod 16, then the tree 8, 4, 2, 1.
inline float dot(const float* a, const float* w, std::int64_t k) {
  float lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= k; i += kLanes) {
    for (std::int64_t j = 0; j < kLanes; ++j) lanes[j] += a[i + j] * w[i + j];
  }
  for (std::int64_t j = 0; i + j < k; ++j) lanes[j] += a[i + j] * w[i + j];
  for (std::int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::int64_t j = 0; j < half; ++j) lanes[j] += lanes[j + half];
  }
  return lanes[0];
}

}  // namespace

void gemm_f32f32_f32_scalar_1x1x16(const GemmF32Args& args) noexcept {
  for (std::int64_t block = args.n_begin; block < args.n_end; block += kBlock) {
    const std::int64_t block_end = block + kBlock < args.n_end ? block + kBlock : args.n_end;
    for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
      float* c = args.c.row(m);
      for (std::int64_t n = block; n < block_end; ++n) {
        const float value = dot(args.a.row(m), args.w.row(n), args.a.cols);
        c[n] = args.bias ? value + args.bias[n] : value;
      }
    }
  }
}

}  // namespace pincer::kernels
