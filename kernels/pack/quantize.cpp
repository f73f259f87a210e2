#include "kernels/pack/quantize.h"

#include <algorithm>
#include <bit>

#include "kernels/pack/bf16.h"

namespace pincer::kernels::detail {
namespace {

// Weights go through in runs of constant length, which the compiler turns into vectors even at -O2.
constexpr std::int64_t kRun = 32;

constexpr std::uint32_t kMagnitude = 0x7fffffff;
constexpr std::uint32_t kInfinity = 0x7f800000;

// |w| as an integer, which orders like the float; zero for NaN and infinity. Signed, for SSE2
// compares no other way.
std::int32_t finite_magnitude(float w) {
  const auto bits = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(w) & kMagnitude);
  return bits < static_cast<std::int32_t>(kInfinity) ? bits : 0;
}

// Adding 1.5 * 2^23 leaves the integer nearest to `value` (ties to even) in the low bits of the
// sum, for |value| < 2^22. No conversion that would be undefined for NaN.
std::int8_t round_to_int8(float value) {
  return static_cast<std::int8_t>(std::bit_cast<std::uint32_t>(value + 12582912.0f));
}

float finite_or_zero(float w) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(w);
  const auto magnitude = static_cast<std::int32_t>(bits & kMagnitude);
  return std::bit_cast<float>(magnitude < static_cast<std::int32_t>(kInfinity) ? bits : 0u);
}

}  // namespace

float max_abs_finite(const float* w, std::int64_t count) {
  std::int32_t run_max[kRun] = {};
  std::int64_t i = 0;
  for (; i + kRun <= count; i += kRun) {
    for (std::int64_t j = 0; j < kRun; ++j) {
      run_max[j] = std::max(run_max[j], finite_magnitude(w[i + j]));
    }
  }
  std::int32_t max = 0;
  for (; i < count; ++i) max = std::max(max, finite_magnitude(w[i]));
  for (const std::int32_t value : run_max) max = std::max(max, value);
  return std::bit_cast<float>(max);
}

std::uint16_t weight_scale(float max_abs, float limit) {
  if (max_abs == 0.0f) return 0;
  std::uint16_t scale = bf16_round_up(max_abs / limit);
  // limit * scale is exact, 7 bits by 8, so this is the definition itself. It corrects quotients
  // that were rounded down, which happens among denormals only.
  if (limit * bf16_to_float(scale) < max_abs) ++scale;
  return scale;
}

void quantize_weights(const float* w, std::int64_t count, float scale, std::int8_t* q) {
  // With scale 0 every finite weight of the group is zero, and so is its quotient by 1.
  const float divisor = scale == 0.0f ? 1.0f : scale;
  std::int64_t i = 0;
  for (; i + kRun <= count; i += kRun) {
    std::int8_t run[kRun];
    for (std::int64_t j = 0; j < kRun; ++j) {
      run[j] = round_to_int8(finite_or_zero(w[i + j]) / divisor);
    }
    std::copy_n(run, kRun, q + i);
  }
  for (; i < count; ++i) q[i] = round_to_int8(finite_or_zero(w[i]) / divisor);
}

}  // namespace pincer::kernels::detail
