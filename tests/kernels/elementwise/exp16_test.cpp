// The polynomial exp alone, in its scalar form: the vector kernels are compared to it bit for bit
// through softmax.
#include "kernels/elementwise/exp16.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/elementwise/register_scalar.h"

namespace pincer::kernels {
namespace {

float exp_of(float x) { return exp_register<ScalarRegister>(x); }

// Every 4099th float (a prime) of both signs where the result is a normal number. Measured over all
// floats: 0.891 ulp.
TEST(Exp16Test, IsWithinOneUlp) {
  for (const std::uint32_t sign : {0u, 0x80000000u}) {
    for (std::uint32_t bits = 0; bits < std::bit_cast<std::uint32_t>(kExpOverflow); bits += 4099) {
      const float x = std::bit_cast<float>(sign | bits);
      if (x < kExpFlush) break;
      const long double exact = std::exp(static_cast<long double>(x));
      int exponent;
      std::frexp(exact, &exponent);
      const long double ulp = std::ldexp(1.0L, exponent - 24);
      ASSERT_LE(std::abs(exp_of(x) - exact), ulp) << "x = " << x;
    }
  }
}

TEST(Exp16Test, EndsOfTheRange) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float above = std::nextafter(kExpOverflow, 0.0f);
  EXPECT_EQ(exp_of(kExpOverflow), infinity);
  EXPECT_LT(exp_of(above), infinity);
  EXPECT_GE(exp_of(kExpFlush), std::numeric_limits<float>::min());
  EXPECT_EQ(exp_of(std::nextafter(kExpFlush, -infinity)), 0.0f);
}

TEST(Exp16Test, SpecialValues) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(exp_of(0.0f), 1.0f);
  EXPECT_EQ(exp_of(-0.0f), 1.0f);
  EXPECT_EQ(exp_of(std::numeric_limits<float>::denorm_min()), 1.0f);
  EXPECT_EQ(exp_of(infinity), infinity);
  EXPECT_EQ(exp_of(std::numeric_limits<float>::max()), infinity);
  EXPECT_EQ(exp_of(-infinity), 0.0f);
  EXPECT_EQ(exp_of(std::numeric_limits<float>::lowest()), 0.0f);
  for (const std::uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7f800001u, 0x7fffffffu}) {
    EXPECT_TRUE(std::isnan(exp_of(std::bit_cast<float>(bits)))) << std::hex << bits;
  }
}

}  // namespace
}  // namespace pincer::kernels
