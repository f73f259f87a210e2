// rms_norm, alone and fused with addition and quantization, against FP64 and the separate calls.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/kernels/support/elementwise.h"

namespace pincer::kernels {
namespace {

using namespace test;

class RmsNormTest : public ElementwiseTest {};
PINCER_FOR_ELEMENTWISE_KERNELS(RmsNormTest);

// The relative error of the sum of squares is at most (n / 16 + 5) u, halved by the square root;
// mean, + eps, sqrt, 1 / and two products round once each.
TEST_P(RmsNormTest, RmsNormMatchesFp64) {
  FloatSource source(1);
  for (const std::int64_t n : kLengths) {
    const Row x = random_row(source, n, 3.0f), gain = random_row(source, n);
    Row y(n);
    table().rms_norm(x.data(), gain.data(), 1e-5f, n, y.data());
    double squares = 0;
    for (const float v : x) squares += static_cast<double>(v) * v;
    const double norm = std::sqrt(squares / static_cast<double>(n) + 1e-5f);
    const double tolerance = (static_cast<double>(n) / 32 + 8) * kU;
    for (std::int64_t i = 0; i < n; ++i) {
      const double expected = x[i] / norm * gain[i];
      ASSERT_NEAR(y[i], expected, tolerance * std::abs(expected)) << "n " << n << " i " << i;
    }
  }
}

TEST_P(RmsNormTest, RmsNormInPlaceAndUnderScaling) {
  FloatSource source(2);
  const Row x = random_row(source, 251), gain = random_row(source, 251);
  Row expected(251), scaled(251), in_place = copy_of(x);
  table().rms_norm(x.data(), gain.data(), 0.0f, 251, expected.data());
  table().rms_norm(in_place.data(), gain.data(), 0.0f, 251, in_place.data());
  EXPECT_TRUE(same_bytes<float>({in_place.data(), 251}, {expected.data(), 251}));
  for (std::size_t i = 0; i < 251; ++i) scaled[i] = x[i] * 64.0f;  // a power of two changes no bit
  table().rms_norm(scaled.data(), gain.data(), 0.0f, 251, scaled.data());
  EXPECT_TRUE(same_bytes<float>({scaled.data(), 251}, {expected.data(), 251}));
}

struct FusedCase {
  bool add, gain, floats;
  std::int64_t group;
};

// x, the normed row (if it is wanted) and its quants by the separate calls.
struct Normed {
  Row x, normed;
  Quants quants;
};

Normed one_by_one(const ElementwiseTable& table, const Row& x, const Row& y, const Row& gain,
                  const FusedCase& c) {
  const auto n = static_cast<std::int64_t>(x.size());
  Row sum = copy_of(x), normed(x.size()), ones(x.size());
  std::fill(ones.begin(), ones.end(), 1.0f);
  if (c.add) table.add(sum.data(), y.data(), n);
  table.rms_norm(sum.data(), c.gain ? gain.data() : ones.data(), 1e-5f, n, normed.data());
  Quants quants = quantized(table, normed, c.group);
  return {std::move(sum), std::move(normed), std::move(quants)};
}

Normed fused(const ElementwiseTable& table, const Row& x, const Row& y, const Row& gain,
             const FusedCase& c) {
  const auto n = static_cast<std::int64_t>(x.size());
  Row sum = copy_of(x), normed(c.floats ? x.size() : 0);
  Quants quants(n, (n + 31) / 32 * 32, c.group);
  const RowQuants to = quants.to();
  table.add_norm_quantize(sum.data(), c.add ? y.data() : nullptr, c.gain ? gain.data() : nullptr,
                          1e-5f, n, c.floats ? normed.data() : nullptr, &to);
  return {std::move(sum), std::move(normed), std::move(quants)};
}

TEST_P(RmsNormTest, FusedHasTheBitsOfSeparateCalls) {
  FloatSource source(3);
  for (const std::int64_t n : {1, 15, 16, 17, 64, 97, 127, 251, 576, 1009, 4096}) {
    for (const float scale : {1e-30f, 1.0f, 1e10f}) {
      Row x = random_row(source, n, scale), y = random_row(source, n, scale);
      Row gain = random_row(source, n);
      for (Row* input : {&y, &gain}) input->make_read_only();
      for (int flags = 0; flags < 8; ++flags) {
        for (const std::int64_t group : {0, 32, 96, 8192}) {
          const FusedCase c{(flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, group};
          const Normed expected = one_by_one(table(), x, y, gain, c);
          const Normed found = fused(table(), x, y, gain, c);
          ASSERT_TRUE(same_floats(found.x, expected.x)) << n << " " << flags << " " << group;
          ASSERT_TRUE(found.quants == expected.quants) << n << " " << flags << " " << group;
          if (c.floats) {
            ASSERT_TRUE(same_floats(found.normed, expected.normed)) << n << " " << flags;
          }
        }
      }
    }
  }
}

// Sums of squares that are NaN, infinite or zero without eps; scales, and the quants of groups that
// are finite, are those of the separate calls.
TEST_P(RmsNormTest, FusedKeepsScalesOfBadRows) {
  FloatSource source(4);
  const Row y(97), gain(97);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity(), 3e38f, 0.0f}) {
    for (const std::int64_t group : {0, 32}) {
      const FusedCase c{true, false, false, group};
      Row x = random_row(source, 97, bad == 0 ? 0.0f : 1.0f);
      x[40] = bad;
      const Normed expected = one_by_one(table(), x, y, gain, c);
      const Normed found = fused(table(), x, y, gain, c);
      EXPECT_TRUE(same_floats(found.quants.scale, expected.quants.scale)) << bad << " " << group;
    }
  }
}

TEST_P(RmsNormTest, FusedMayWriteNothing) {
  Row x(33), y(33);
  std::fill(x.begin(), x.end(), 2.0f);
  std::fill(y.begin(), y.end(), 3.0f);
  table().add_norm_quantize(x.data(), y.data(), nullptr, 1e-5f, 33, nullptr, nullptr);
  for (const float v : x) EXPECT_EQ(v, 5.0f);
  Quants none(0, 64, 0);
  const RowQuants to = none.to();
  table().add_norm_quantize(nullptr, nullptr, nullptr, 1e-5f, 0, nullptr, &to);
  for (const std::int8_t q : none.q) EXPECT_EQ(q, 0);
}

}  // namespace
}  // namespace pincer::kernels
