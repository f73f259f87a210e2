// Row operations between the matrix products: one table of functions per ISA, all with the same
// bits.
//
// Sums run in 16 partial sums by index mod 16 (fma), added as the tree 8, 4, 2, 1; sums of squares
// in 64 by index mod 64, as the tree 32, 16, ..., 1. exp is the project's own polynomial: within 1
// ulp, exactly 0 below -87.3365 (results would be subnormal), infinity above 88.7228. NaN in gives
// NaN out, with any payload. Pointers need no alignment; n >= 0; tails are handled. Inputs and
// outputs do not overlap unless it is said.
#pragma once

#include <cstdint>

namespace pincer::kernels {

// Where a row is quantized to: the arguments of quantize_row after k.
struct RowQuants {
  std::int64_t k_padded;
  std::int64_t group;
  std::int8_t* q;            // [k_padded]
  float* scale;              // [groups]
  std::int32_t* correction;  // [groups]
};

// The most that top_k finds.
inline constexpr std::int64_t kMaxTopK = 256;

struct ElementwiseTable {
  // y[i] = (x[i] * (1 / sqrt(mean(x^2) + eps))) * gain[i]; y may be x. RMSNorm, arXiv 1910.07467.
  void (*rms_norm)(const float* x, const float* gain, float eps, std::int64_t n, float* y) noexcept;
  // x[i] = exp(x[i] - max) / sum, in place. Some x[i] must be above -infinity, else all is NaN.
  void (*softmax)(float* x, std::int64_t n) noexcept;
  // Rotary embedding, arXiv 2104.09864, in halves (NEOX): for each of `heads` heads of head_dim
  // floats at x, (x[i], x[i+h]) <- (x[i] c[i] - x[i+h] s[i], x[i+h] c[i] + x[i] s[i]) for i < h =
  // rope_dim / 2; the product with x[i] is fused into the sum. c, s: [rope_dim / 2]. Interleaved
  // (NORM) models have their q and k rows permuted when packed, so this is the only form.
  void (*rope)(float* x, const float* cosine, const float* sine, std::int64_t heads,
               std::int64_t head_dim, std::int64_t rope_dim) noexcept;
  // y = silu(gate) * up, silu(x) = x / (1 + exp(-x)); y may be gate or up.
  void (*silu_mul)(const float* gate, const float* up, std::int64_t n, float* y) noexcept;
  // y = gelu(gate) * up, the tanh form, arXiv 1606.08415.
  void (*gelu_mul)(const float* gate, const float* up, std::int64_t n, float* y) noexcept;
  // x += y.
  void (*add)(float* x, const float* y, std::int64_t n) noexcept;
  // Symmetric s8 per group of k (`group` a multiple of 32 or >= k; 0: the whole row): amax =
  // max|x|, scale = amax / 127, q = round-half-even(x * (127 / amax)), zeros up to k_padded,
  // correction = -128 * sum q. amax < 2^-120 gives zeros. A NaN or infinity makes q of its group
  // any values. scale, correction: [groups].
  void (*quantize_row)(const float* x, std::int64_t k, std::int64_t k_padded, std::int64_t group,
                       std::int8_t* q, float* scale, std::int32_t* correction) noexcept;

  // Fused operations: the bits of the separate calls, the rows read from memory once.

  // x += y (y null: nothing is added); the rms_norm of x with `gain` (null: ones) to `normed`
  // (null: nowhere, nothing but its quants is written) and quantized to `to` (null: not).
  void (*add_norm_quantize)(float* x, const float* y, const float* gain, float eps, std::int64_t n,
                            float* normed, const RowQuants* to) noexcept;
  // Block Hadamard transform in place: each `block` of x is multiplied by H / sqrt(block), H[i][j]
  // =
  // (-1)^popcount(i & j), which is symmetric and its own inverse: the online step of rotated models
  // (QuaRot, arXiv 2404.00456, section 4). block is a power of two (1: nothing happens), n a
  // multiple. x[i] * (1 / sqrt(block)), the factor rounded to float, then for h = 1, 2, ...,
  // block / 2 the sums and differences (x[i] + x[i+h], x[i] - x[i+h]) of all i without the bit h.
  void (*hadamard)(float* x, std::int64_t n, std::int64_t block) noexcept;
  // y = hadamard(silu(gate) * up), and quantized to `to` (null: not). y may be gate or up.
  void (*silu_rotate_quantize)(const float* gate, const float* up, std::int64_t n,
                               std::int64_t block, float* y, const RowQuants* to) noexcept;
  void (*gelu_rotate_quantize)(const float* gate, const float* up, std::int64_t n,
                               std::int64_t block, float* y, const RowQuants* to) noexcept;

  // The k largest of x, the largest first and the lower index among equals, 0 and -0 being equal.
  // NaN counts and comes out as -infinity. 0 <= k <= min(n, kMaxTopK), n < 2^31. indices, values:
  // [k].
  void (*top_k)(const float* x, std::int64_t n, std::int64_t k, std::int32_t* indices,
                float* values) noexcept;
};

}  // namespace pincer::kernels
