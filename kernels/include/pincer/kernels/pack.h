// Packing float weights into a Layout, and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pincer/kernels/matrix.h"

namespace pincer::kernels {

// Fills the header for n x k weights (n, k >= 1) in `layout`.
PackedHeader make_packed_header(const Layout& layout, std::int64_t n, std::int64_t k);

// Quantizes and packs one panel. `rows` holds the panel's channels: rows.rows = 1..nr of k floats
// each; the channels that are missing become zero weights. `dst` receives header.panel_bytes bytes.
// scale = bf16_up(max|w| / limit), q = round-half-even(w / scale) with limit = 127, or 7 for 4
// bits. Thread-safe for different panels.
void pack_panel(const PackedHeader& header, MatrixView<const float> rows, std::uint8_t* dst);

// The weight that kernels compute with, q[n][k] * scale: for tests and for reading embedding rows.
// `out` holds k floats.
void unpack_row(const PackedMatrix& w, std::int64_t n, float* out);

// The quantized value, in [-127, 127] or, of 4 bits, in [-7, 7].
std::int8_t packed_quant(const PackedMatrix& w, std::int64_t n, std::int64_t k);

}  // namespace pincer::kernels
