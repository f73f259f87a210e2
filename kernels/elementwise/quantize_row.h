// Quantization of a row of activations to s8, symmetric per group, written once over sixteen lanes.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/elementwise/lanes16.h"
#include "kernels/elementwise/round_to_bytes.h"

namespace pincer::kernels {
namespace {

// max |x| of n floats. NaNs are passed over.
template <class Register>
inline float largest_magnitude(const float* x, std::int64_t n) {
  using Lanes = Lanes16<Register>;
  const auto magnitude = [](const Lanes& v) {
    return each<Register>(
        [](auto part) {
          return Register::from_bits(
              Register::and_bits(Register::to_bits(part), Register::broadcast_bits(0x7fffffffu)));
        },
        v);
  };
  Lanes largest = Lanes::broadcast(0.0f);
  for (std::int64_t i = 0; i < n; i += kLanes) {
    largest = running_max(largest, magnitude(Lanes::load_up_to(n - i, x + i, 0.0f)));
  }
  return max(largest);
}

// Quantizes n floats with one factor. Returns the sum of q, modulo 2^32.
template <class Register>
inline std::uint32_t quantize_group(const float* x, std::int64_t n, float factor, std::int8_t* q) {
  using Lanes = Lanes16<Register>;
  const Lanes factors = Lanes::broadcast(factor);
  auto sums = Register::broadcast_bits(0);
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    round_to_bytes<Register>(Lanes::load(x + i) * factors, q + i, sums);
  }
  if (i < n) {
    std::int8_t last[kLanes];
    round_to_bytes<Register>(Lanes::load_up_to(n - i, x + i, 0.0f) * factors, last, sums);
    for (std::int64_t j = i; j < n; ++j) q[j] = last[j - i];
  }
  return Register::sum_bits(sums);
}

// Below this 127 / amax would overflow. A group of nothing larger is zeros.
inline constexpr float kSmallestMagnitude = 0x1p-120f;

// Up to sixteen groups, so that their divisions are done together. The last of them may be short: x
// ends after k floats.
template <class Register>
inline void quantize_groups(const float* x, std::int64_t k, std::int64_t group, std::int8_t* q,
                            float* scale, std::int32_t* correction) {
  using Lanes = Lanes16<Register>;
  const auto length = [&](std::int64_t g) { return k - g * group < group ? k - g * group : group; };
  const std::int64_t groups = (k + group - 1) / group;

  alignas(64) float amax[kLanes] = {};
  alignas(64) float factor[kLanes];
  for (std::int64_t g = 0; g < groups; ++g) {
    amax[g] = largest_magnitude<Register>(x + g * group, length(g));
  }
  const Lanes largest = Lanes::load(amax);
  const Lanes full = Lanes::broadcast(127.0f);
  (largest / full).store_up_to(groups, scale);
  each<Register>(
      [](auto m, auto f) {
        return Register::select(Register::less(m, Register::broadcast(kSmallestMagnitude)),
                                Register::broadcast(0.0f), f);
      },
      largest, full / largest)
      .store(factor);
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::uint32_t sum =
        quantize_group<Register>(x + g * group, length(g), factor[g], q + g * group);
    correction[g] = static_cast<std::int32_t>(sum * (0u - 128u));
  }
}

template <class Register>
void quantize_row(const float* x, std::int64_t k, std::int64_t k_padded, std::int64_t group,
                  std::int8_t* q, float* scale, std::int32_t* correction) noexcept {
  assert(k >= 0 && k_padded >= k && group >= 0);
  if (group == 0 || group > k) group = k;
  const std::int64_t chunk = group * kLanes;
  for (std::int64_t first = 0; first < k; first += chunk) {
    quantize_groups<Register>(x + first, k - first < chunk ? k - first : chunk, group, q + first,
                              scale, correction);
    scale += kLanes;
    correction += kLanes;
  }
  for (std::int64_t i = k; i < k_padded; ++i) q[i] = 0;
}

}  // namespace
}  // namespace pincer::kernels
