// One row of QuantizedRows with ir > 1.
#pragma once

#include <cstdint>
#include <cstring>

namespace pincer::kernels {

// Spreads the plain row `q` of k_padded bytes over `out`, where the rows of all `ir` start; `row`
// is its place among them, 0 .. ir - 1. k_padded is a multiple of ik.
inline void interleave_row(const std::int8_t* q, std::int64_t k_padded, std::int64_t ik,
                           std::int64_t ir, std::int64_t row, std::int8_t* out) {
  out += row * ik;
  for (std::int64_t k = 0; k < k_padded; k += ik, out += ir * ik) {
    std::memcpy(out, q + k, static_cast<std::size_t>(ik));
  }
}

}  // namespace pincer::kernels
