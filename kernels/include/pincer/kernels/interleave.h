// One row of QuantizedRows with ir > 1.
#pragma once

#include <cstdint>
#include <cstring>

namespace pincer::kernels {

// Spreads the plain row `q` of k_padded bytes over `out`, where the rows of all `ir` start; `row`
// is its place among them, 0 .. ir - 1. k_padded is a multiple of kr.
inline void interleave_row(const std::int8_t* q, std::int64_t k_padded, std::int64_t kr,
                           std::int64_t ir, std::int64_t row, std::int8_t* out) {
  out += row * kr;
  for (std::int64_t k = 0; k < k_padded; k += kr, out += ir * kr) {
    std::memcpy(out, q + k, static_cast<std::size_t>(kr));
  }
}

}  // namespace pincer::kernels
