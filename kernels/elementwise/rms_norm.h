// RMSNorm, alone and with what stands before and after it in a model, written once over sixteen
// lanes.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/elementwise/for_each_lane.h"
#include "kernels/elementwise/lanes16.h"
#include "kernels/elementwise/quantize_row.h"

namespace pincer::kernels {
namespace {

template <class Register>
struct SumOfSquares {
  using Lanes = Lanes16<Register>;
  Lanes part[4] = {Lanes::broadcast(0.0f), Lanes::broadcast(0.0f), Lanes::broadcast(0.0f),
                   Lanes::broadcast(0.0f)};

  [[gnu::always_inline]] void add(int j, const Lanes& v) { part[j] = fma(v, v, part[j]); }
  // 1 / sqrt(mean + eps) of n values.
  Lanes inverse_norm(std::int64_t n, float eps) const {
    const float mean = sum((part[0] + part[2]) + (part[1] + part[3])) / static_cast<float>(n);
    return Lanes::broadcast(1.0f / __builtin_sqrtf(mean + eps));
  }
};

template <class Register>
void rms_norm(const float* x, const float* gain, float eps, std::int64_t n, float* y) noexcept {
  using Lanes = Lanes16<Register>;
  if (n == 0) return;
  SumOfSquares<Register> squares;
  in_fours(n, [&](int j, std::int64_t i, std::int64_t count) __attribute__((always_inline)) {
    squares.add(j, Lanes::load_up_to(count, x + i, 0.0f));
  });
  const Lanes inverse = squares.inverse_norm(n, eps);
  for_each_lane<Register>(
      n, y, [&](const Lanes& v, const Lanes& g) { return v * inverse * g; }, x, gain);
}

// Rows that are normalized as they are read: two multiplications cost less than a row of floats
// written and read again.
template <class Register>
struct NormedRow {
  const float* x;
  Lanes16<Register> inverse;
  [[gnu::always_inline]] Lanes16<Register> operator()(std::int64_t i, std::int64_t count) const {
    return Lanes16<Register>::load_up_to(count, x + i, 0.0f) * inverse;
  }
};
template <class Register>
struct GainedRow {
  NormedRow<Register> row;
  const float* gain;
  [[gnu::always_inline]] Lanes16<Register> operator()(std::int64_t i, std::int64_t count) const {
    return row(i, count) * Lanes16<Register>::load_up_to(count, gain + i, 0.0f);
  }
};

template <class Register, class Row>
inline void store_and_quantize(const Row& row, std::int64_t n, float* normed, const RowQuants* to) {
  if (normed != nullptr) {
    for (std::int64_t i = 0; i < n; i += kLanes) row(i, n - i).store_up_to(n - i, normed + i);
  }
  if (to != nullptr) quantize<Register>(row, n, *to);
}

// The first pass reads x and y from memory, the others x from L1 (rows of 8192 floats or less) or
// L2. |x| and |x| * inverse have their largest values at the same place, so that without gains the
// first pass finds amax of the row, too; inverse is never negative, and where it is NaN or infinite
// both ways give 0 and infinity alike.
template <class Register>
void add_norm_quantize(float* x, const float* y, const float* gain, float eps, std::int64_t n,
                       float* normed, const RowQuants* to) noexcept {
  using Lanes = Lanes16<Register>;
  assert(n >= 0);
  if (n == 0) {
    if (to != nullptr) pad(0, *to);
    return;
  }
  SumOfSquares<Register> squares;
  LargestMagnitude<Register> largest;
  const auto look = [&](int j, const Lanes& v) __attribute__((always_inline)) {
    squares.add(j, v);
    largest.add(j, v);
  };
  if (y == nullptr) {
    in_fours(n, [&](int j, std::int64_t i, std::int64_t count) __attribute__((always_inline)) {
      look(j, Lanes::load_up_to(count, x + i, 0.0f));
    });
  } else {
    in_fours(n, [&](int j, std::int64_t i, std::int64_t count) __attribute__((always_inline)) {
      const Lanes v = Lanes::load_up_to(count, x + i, 0.0f) + Lanes::load_up_to(count, y + i, 0.0f);
      v.store_up_to(count, x + i);
      look(j, v);
    });
  }
  const NormedRow<Register> row{x, squares.inverse_norm(n, eps)};
  if (gain != nullptr) {
    store_and_quantize<Register>(GainedRow<Register>{row, gain}, n, normed, to);
  } else if (to != nullptr && normed == nullptr && is_one_group(n, *to)) {
    const Lanes zero = Lanes::broadcast(0.0f);
    const Lanes amax = running_max(zero, Lanes::broadcast(largest.value()) * row.inverse);
    quantize_as_one<Register>(row, n, max(amax), *to);
  } else {
    store_and_quantize<Register>(row, n, normed, to);
  }
}

}  // namespace
}  // namespace pincer::kernels
