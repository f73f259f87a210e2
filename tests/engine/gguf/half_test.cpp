#include "engine/gguf/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pincer::gguf {
namespace {

constexpr std::uint16_t kLargest = 0x7bff;  // 65504

TEST(Half, EveryFiniteHalfComesBack) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if ((half & 0x7c00) == 0x7c00) continue;
    ASSERT_EQ(float_to_half(half_to_float(half)), half) << bits;
  }
}

// Between two neighbours: below the middle to the lower one, above it to the upper one, in the
// middle to the one whose last bit is 0.
TEST(Half, RoundsToTheNearest) {
  for (std::uint16_t low = 0; low < kLargest; ++low) {
    const auto high = static_cast<std::uint16_t>(low + 1);
    const float middle = (half_to_float(low) + half_to_float(high)) / 2;
    ASSERT_EQ(float_to_half(middle), low % 2 == 0 ? low : high);
    ASSERT_EQ(float_to_half(std::nextafter(middle, 0.0f)), low);
    ASSERT_EQ(float_to_half(std::nextafter(middle, 1e9f)), high);
    ASSERT_EQ(float_to_half(-std::nextafter(middle, 1e9f)), 0x8000 | high);
  }
}

TEST(Half, WhatIsTooLargeIsTheLargest) {
  for (const float x : {65504.0f, 65519.0f, 65520.0f, 1e6f, std::numeric_limits<float>::max(),
                        std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(float_to_half(x), kLargest) << x;
    EXPECT_EQ(float_to_half(-x), 0x8000 | kLargest) << x;
  }
}

}  // namespace
}  // namespace pincer::gguf
