// IEEE 754 binary16 and bfloat16 to float, exactly; float to binary16, rounded to nearest even.
#pragma once

#include <bit>
#include <cstdint>

namespace pincer::gguf {

// Written without branches, and without subnormal floats on the way, so that it vectorizes and that
// a thread which flushes subnormals to zero gets the same values.
inline float half_to_float(std::uint16_t half) {
  constexpr std::uint32_t kExponent = 0x7c00u
                                      << 13;  // the exponent's five bits, moved to a float's place
  constexpr std::uint32_t kRebias = (127u - 15u) << 23;  // the difference of the two biases
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t magnitude = (half & 0x7fffu) << 13;
  const std::uint32_t exponent = magnitude & kExponent;
  const std::uint32_t normal = magnitude + kRebias;
  const std::uint32_t special = normal + kRebias;  // infinity or NaN: the exponent becomes 255
  // A subnormal half is m * 2^-24: put the mantissa under 2^-14 and take 2^-14 away.
  const float base = std::bit_cast<float>(kRebias + (1u << 23));
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(normal + (1u << 23)) - base);
  const std::uint32_t bits = exponent == 0 ? subnormal : (exponent == kExponent ? special : normal);
  return std::bit_cast<float>(sign | bits);
}

// What is too large becomes the largest finite half, 65504.
inline std::uint16_t float_to_half(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const float size = std::bit_cast<float>(bits & 0x7fffffffu);
  constexpr std::uint16_t kLargest = 0x7bff;
  if (size >= 65520.0f) return static_cast<std::uint16_t>(sign | kLargest);  // would round to more
  // Below 2^-14 halves are multiples of 2^-24: adding 1/2, whose last bit is 2^-24, rounds to
  // these.
  if (size < 0x1p-14f) {
    const std::uint32_t steps =
        std::bit_cast<std::uint32_t>(size + 0.5f) - std::bit_cast<std::uint32_t>(0.5f);
    return static_cast<std::uint16_t>(sign | steps);
  }
  // 13 bits go; half of the last that stays is added, less one where that one is even.
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  const std::uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded - ((127u - 15u) << 23)) >> 13));
}

inline float bfloat_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace pincer::gguf
