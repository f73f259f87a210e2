// bf16 is the upper half of a float: widening is a shift.
#pragma once

#include <bit>
#include <cstdint>

namespace pincer::kernels {

inline float bf16_to_float(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

// The smallest bf16 >= value, for value >= 0. Beyond the largest finite bf16 it is infinity, which
// no quotient by 127 or 7 reaches.
inline std::uint16_t bf16_round_up(float value) {
  return static_cast<std::uint16_t>((std::bit_cast<std::uint32_t>(value) + 0xffff) >> 16);
}

}  // namespace pincer::kernels
