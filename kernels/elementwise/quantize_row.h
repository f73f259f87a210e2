// Quantization of a row of activations to s8, symmetric per group, written once over sixteen lanes.
//
// `Row` gives sixteen lanes of the row: row(i, count), of which `count` are there and the rest are
// zeros. It may compute them, each time that it is asked.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/elementwise/lane_pairs.h"
#include "kernels/elementwise/lanes16.h"
#include "kernels/elementwise/round_to_bytes.h"
#include "pincer/kernels/elementwise.h"

namespace pincer::kernels {
namespace {

template <class Register>
struct PlainRow {
  const float* x;
  [[gnu::always_inline]] Lanes16<Register> operator()(std::int64_t i, std::int64_t count) const {
    return Lanes16<Register>::load_up_to(count, x + i, 0.0f);
  }
};

// The running maximum of magnitudes, in two registers' chains. NaNs are passed over.
template <class Register>
struct LargestMagnitude {
  using Lanes = Lanes16<Register>;
  Lanes part[2] = {Lanes::broadcast(0.0f), Lanes::broadcast(0.0f)};

  [[gnu::always_inline]] void add(int j, const Lanes& v) {
    part[j % 2] = running_max(part[j % 2], magnitude(v));
  }
  float value() const { return max(running_max(part[0], part[1])); }
};

// max |row| of n floats from `first`.
template <class Register, class Row>
inline float largest_magnitude(const Row& row, std::int64_t first, std::int64_t n) {
  LargestMagnitude<Register> largest;
  in_fours(n, [&](int j, std::int64_t i, std::int64_t count)
                  __attribute__((always_inline)) { largest.add(j, row(first + i, count)); });
  return largest.value();
}

// max |x| of n floats.
template <class Register>
inline float largest_magnitude(const float* x, std::int64_t n) {
  return largest_magnitude<Register>(PlainRow<Register>{x}, 0, n);
}

// Quantizes n floats from `first` with one factor. Returns the sum of q, modulo 2^32.
template <class Register, class Row>
inline std::uint32_t quantize_group(const Row& row, std::int64_t first, std::int64_t n,
                                    float factor, std::int8_t* q) {
  using Lanes = Lanes16<Register>;
  const Lanes factors = Lanes::broadcast(factor);
  auto sums = Register::broadcast_bits(0);
  std::int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    Lanes v[4], integers[4];
    unrolled<4>([&](int j) { v[j] = row(first + i + j * kLanes, kLanes) * factors; });
    round_64_to_bytes<Register>(v, q + first + i, q + first + i + 32, integers);
    const Lanes sum = add_integers(add_integers(integers[0], integers[1]),
                                   add_integers(integers[2], integers[3]));
    unrolled<Lanes::kRegisters>(
        [&](int j) { sums = Register::add_bits(sums, Register::to_bits(sum.part[j])); });
  }
  for (; i + kLanes <= n; i += kLanes) {
    round_to_bytes<Register>(row(first + i, kLanes) * factors, q + first + i, sums);
  }
  if (i < n) {
    std::int8_t last[kLanes];
    round_to_bytes<Register>(row(first + i, n - i) * factors, last, sums);
    for (std::int64_t j = i; j < n; ++j) q[first + j] = last[j - i];
  }
  return Register::sum_bits(sums);
}

// Below this 127 / amax would overflow. A group of nothing larger is zeros.
inline constexpr float kSmallestMagnitude = 0x1p-120f;

// amax / 127 and 127 / amax.
template <class Register>
[[gnu::always_inline]] inline void scales_and_factors(const Lanes16<Register>& amax,
                                                      Lanes16<Register>& scale,
                                                      Lanes16<Register>& factor) {
  const auto full = Lanes16<Register>::broadcast(127.0f);
  scale = amax / full;
  factor = each<Register>(
      [](auto m, auto f) {
        return Register::select(Register::less(m, Register::broadcast(kSmallestMagnitude)),
                                Register::broadcast(0.0f), f);
      },
      amax, full / amax);
}

// Up to sixteen groups from `first` of any size, so that their divisions are done together. The
// last of them may be short: the row ends at k.
template <class Register, class Row>
inline void quantize_groups(const Row& row, std::int64_t first, std::int64_t k, std::int64_t group,
                            std::int8_t* q, float* scale, std::int32_t* correction) {
  using Lanes = Lanes16<Register>;
  const auto length = [&](std::int64_t begin) { return k - begin < group ? k - begin : group; };
  const std::int64_t rest = (k - first + group - 1) / group, groups = rest < kLanes ? rest : kLanes;

  alignas(64) float amax[kLanes] = {};
  alignas(64) float factor[kLanes];
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int64_t begin = first + g * group;
    amax[g] = largest_magnitude<Register>(row, begin, length(begin));
  }
  Lanes scales, factors;
  scales_and_factors(Lanes::load(amax), scales, factors);
  scales.store_up_to(groups, scale);
  factors.store(factor);
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int64_t begin = first + g * group;
    const std::uint32_t sum = quantize_group<Register>(row, begin, length(begin), factor[g], q);
    correction[g] = static_cast<std::int32_t>(sum * (0u - 128u));
  }
}

// Sixteen groups of 32 from `first`: what is reduced in each is reduced in all of them together.
template <class Register, class Row>
inline void quantize_16_groups_of_32(const Row& row, std::int64_t first, std::int8_t* q,
                                     float* scale, std::int32_t* correction) {
  using Lanes = Lanes16<Register>;
  const auto part = [&](int g, int half) __attribute__((always_inline)) {
    return row(first + 32 * g + kLanes * half, kLanes);
  };
  const auto larger = [](auto a, auto b) { return Register::larger(a, b); };
  const auto largest = [&](int g) __attribute__((always_inline)) {
    const Lanes zero = Lanes::broadcast(0.0f);
    return running_max(running_max(zero, magnitude(part(g, 0))), magnitude(part(g, 1)));
  };
  const Lanes amax = reduce_sixteen<Register>(0, larger, [&](int g) __attribute__((always_inline)) {
    return reduce_pairs<3, Register>(largest(g), largest(g + 8), larger);
  });
  Lanes scales, factors;
  scales_and_factors(amax, scales, factors);
  scales.store(scale);
  alignas(64) float factor[kLanes];
  factors.store(factor);

  const auto plus = [](auto a, auto b) {
    return Register::from_bits(Register::add_bits(Register::to_bits(a), Register::to_bits(b)));
  };
  const Lanes sums = reduce_sixteen<Register>(0, plus, [&](int g) __attribute__((always_inline)) {
    Lanes v[4], integers[4];
    unrolled<4>([&](int j) __attribute__((always_inline)) {
      const int group = g + j / 2 * 8;
      v[j] = part(group, j % 2) * Lanes::broadcast(factor[group]);
    });
    round_64_to_bytes<Register>(v, q + first + 32 * g, q + first + 32 * (g + 8), integers);
    return reduce_pairs<3, Register>(add_integers(integers[0], integers[1]),
                                     add_integers(integers[2], integers[3]), plus);
  });
  alignas(64) std::uint32_t sum[kLanes];
  sums.store(reinterpret_cast<float*>(sum));
  for (int g = 0; g < kLanes; ++g) correction[g] = static_cast<std::int32_t>(sum[g] * (0u - 128u));
}

// Up to sixteen groups from `first`.
template <class Register, class Row>
inline void quantize_16_groups(const Row& row, std::int64_t first, std::int64_t k,
                               const RowQuants& to, float* scale, std::int32_t* correction) {
  if constexpr (Register::kLanes > 1) {  // else there is nothing to share, only code
    if (to.group == 32 && k - first >= 32 * kLanes) {
      return quantize_16_groups_of_32<Register>(row, first, to.q, scale, correction);
    }
  }
  quantize_groups<Register>(row, first, k, to.group, to.q, scale, correction);
}

inline void pad(std::int64_t k, const RowQuants& to) {
  for (std::int64_t i = k; i < to.k_padded; ++i) to.q[i] = 0;
}

// As one group whose largest magnitude is known.
template <class Register, class Row>
inline void quantize_as_one(const Row& row, std::int64_t k, float amax, const RowQuants& to) {
  using Lanes = Lanes16<Register>;
  Lanes scale, factor;
  scales_and_factors(Lanes::broadcast(amax), scale, factor);
  scale.store_up_to(1, to.scale);
  alignas(64) float first_factor[kLanes];
  factor.store(first_factor);
  const std::uint32_t sum = quantize_group<Register>(row, 0, k, first_factor[0], to.q);
  to.correction[0] = static_cast<std::int32_t>(sum * (0u - 128u));
  pad(k, to);
}

inline bool is_one_group(std::int64_t k, const RowQuants& to) {
  return to.group == 0 || to.group >= k;
}

template <class Register, class Row>
inline void quantize(const Row& row, std::int64_t k, const RowQuants& to) {
  assert(k >= 0 && to.k_padded >= k && to.group >= 0);
  if (k == 0) return pad(k, to);
  if (is_one_group(k, to)) {
    return quantize_as_one<Register>(row, k, largest_magnitude<Register>(row, 0, k), to);
  }
  float* scale = to.scale;
  std::int32_t* correction = to.correction;
  for (std::int64_t first = 0; first < k; first += to.group * kLanes) {
    quantize_16_groups<Register>(row, first, k, to, scale, correction);
    scale += kLanes;
    correction += kLanes;
  }
  pad(k, to);
}

template <class Register>
void quantize_row(const float* x, std::int64_t k, std::int64_t k_padded, std::int64_t group,
                  std::int8_t* q, float* scale, std::int32_t* correction) noexcept {
  quantize<Register>(PlainRow<Register>{x}, k, {k_padded, group, q, scale, correction});
}

}  // namespace
}  // namespace pincer::kernels
