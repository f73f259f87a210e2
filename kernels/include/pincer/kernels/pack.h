// Packing float weights into a Layout, and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pincer/kernels/matrix.h"

namespace pincer::kernels {

// Fills the header for n x k weights (n, k >= 1) in `layout`.
PackedHeader make_packed_header(const Layout& layout, std::int64_t n, std::int64_t k);

// What is known of the inputs x of a matrix W[n][k], for rounding it: E[x x^T] is I + A A^T times a
// number, in which A[k][rank] holds the few directions where inputs are large.
//
// Rounding to the nearest ignores them: errors of a channel's weights add up along such a direction
// as chance has it. Here each weight is rounded after it was moved so that it cancels what the
// weights before it left: with their errors e, it is w[j] - gains[j] . (sum over i < j of A[i]
// e[i]) that is rounded, which leaves the least of e^T E[x x^T] e if the weights after it may still
// be anything. That is GPTQ (arXiv 2210.17323) for this form of E[x x^T]; it takes 2 * rank steps a
// weight instead of k / 2.
struct ErrorFeedback {
  int rank = 0;                       // 0: weights are rounded one by one
  const float* directions = nullptr;  // A, [k][rank]
  const float* gains = nullptr;       // [k][rank]
};

// Quantizes and packs one panel. `rows` holds the panel's channels: rows.rows = 1..nr of k floats
// each; the channels that are missing become zero weights. `dst` receives header.panel_bytes bytes.
// scale = bf16_up(max|w| / limit), q = round-half-even(w / scale) with limit = 127, or 7 for 4
// bits; with `feedback` (of the matrix's k) w / scale is moved before it is rounded, and q clamped
// to the limit. Thread-safe for different panels.
void pack_panel(const PackedHeader& header, MatrixView<const float> rows, std::uint8_t* dst,
                const ErrorFeedback& feedback = {});

// The weight that kernels compute with, q[n][k] * scale: for tests and for reading embedding rows.
// `out` holds k floats.
void unpack_row(const PackedMatrix& w, std::int64_t n, float* out);

// The quantized value, in [-127, 127] or, of 4 bits, in [-7, 7].
std::int8_t packed_quant(const PackedMatrix& w, std::int64_t n, std::int64_t k);

}  // namespace pincer::kernels
