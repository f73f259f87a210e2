// IEEE 754 binary16 and bfloat16 to float, exactly.
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

inline float bfloat_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace pincer::gguf
