// Every table of row operations of this build against the scalar table, bit for bit, and what they
// leave alone. Rows end at guard pages and start off any alignment.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/kernels/support/elementwise.h"
#include "tests/kernels/support/fuzz.h"

namespace pincer::kernels {
namespace {

using namespace test;

class SameBitsTest : public ElementwiseTest {};
PINCER_FOR_ELEMENTWISE_KERNELS(SameBitsTest);

// What the operations give for one seeded row of n floats: the unit of comparison between ISAs.
struct Outputs {
  std::vector<float> floats;
  std::vector<std::int8_t> quants;
  std::vector<std::int32_t> integers;

  void add(const Row& row) { floats.insert(floats.end(), row.begin(), row.end()); }
  void add(const Quants& q) {
    quants.insert(quants.end(), q.q.begin(), q.q.end());
    add(q.scale);
    integers.insert(integers.end(), q.correction.begin(), q.correction.end());
  }
};

void run_plain(const ElementwiseTable& table, const Row& x, const Row& y, Outputs& out) {
  const auto n = static_cast<std::int64_t>(x.size());
  Row result(x.size());
  table.rms_norm(x.data(), y.data(), 1e-5f, n, result.data());
  out.add(result);
  table.silu_mul(x.data(), y.data(), n, result.data());
  out.add(result);
  table.gelu_mul(x.data(), y.data(), n, result.data());
  out.add(result);
  result = copy_of(x);
  table.softmax(result.data(), n);
  out.add(result);
  result = copy_of(x);
  table.add(result.data(), y.data(), n);
  out.add(result);
  const std::int64_t half = n / 2;  // one head of n floats
  result = copy_of(x);
  table.rope(result.data(), y.data(), y.data() + n - half, 1, n, 2 * half);
  out.add(result);
  for (const std::int64_t group : {0, 32, 64}) {
    if (n > 0) out.add(quantized(table, x, group));
  }
}

void run_fused(const ElementwiseTable& table, const Row& x, const Row& y, Outputs& out) {
  const auto n = static_cast<std::int64_t>(x.size());
  for (const std::int64_t group : {0, 32}) {
    for (const float* gain : {static_cast<const float*>(nullptr), y.data()}) {
      Row sum = copy_of(x);
      Quants q(n, n + 3, group);
      const RowQuants to = q.to();
      table.add_norm_quantize(sum.data(), y.data(), gain, 1e-5f, n, nullptr, &to);
      out.add(sum);
      out.add(q);
    }
  }
  // The largest power of two that divides n, and what the inner passes need.
  for (std::int64_t block = 1; n % block == 0 && block <= 4096 && block <= n; block *= 2) {
    Row turned(x.size());
    table.silu_rotate_quantize(x.data(), y.data(), n, block, turned.data(), nullptr);
    out.add(turned);
  }
  const std::int64_t k = std::min<std::int64_t>(n, 50);
  Row values(static_cast<std::size_t>(k));
  std::vector<std::int32_t> indices(static_cast<std::size_t>(k));
  table.top_k(x.data(), n, k, indices.data(), values.data());
  out.add(values);
  out.integers.insert(out.integers.end(), indices.begin(), indices.end());
}

Outputs run_all(const ElementwiseTable& table, std::int64_t n, float scale, std::uint64_t seed) {
  FloatSource source(seed);
  const Row x = random_row(source, n, scale), y = random_row(source, n, scale);
  Outputs out;
  run_plain(table, x, y, out);
  if (n > 0) run_fused(table, x, y, out);
  return out;
}

TEST_P(SameBitsTest, HasTheBitsOfScalar) {
  std::vector<std::int64_t> lengths(std::begin(kLengths), std::end(kLengths));
  for (const std::int64_t more : {64, 512, 1536, 2048, 8192}) lengths.push_back(more);
  for (const std::int64_t n : lengths) {
    for (const float scale : {1e-30f, 1.0f, 20.0f, 150.0f}) {
      const std::uint64_t seed = 100 + static_cast<std::uint64_t>(n);
      const Outputs out = run_all(table(), n, scale, seed);
      const Outputs expected = run_all(scalar(), n, scale, seed);
      ASSERT_TRUE(same_bytes<float>(out.floats, expected.floats)) << n << " x " << scale;
      ASSERT_EQ(out.quants, expected.quants) << n << " x " << scale;
      ASSERT_EQ(out.integers, expected.integers) << n << " x " << scale;
    }
  }
}

// One hash for x86 and Arm, scalar and vector: taken from the scalar kernels of both architectures
// and from AVX2, AVX-512 and NEON, which agree.
TEST_P(SameBitsTest, HasTheBitsOfScalarForRandomRows) {
  test::fuzz(100, [&](FloatSource& source) {
    const std::int64_t n = source.below(3000);
    const float scale = std::ldexp(1.0f, source.below(60) - 50);
    const std::uint64_t seed = source.bits();
    const Outputs out = run_all(table(), n, scale, seed);
    const Outputs expected = run_all(scalar(), n, scale, seed);
    ASSERT_TRUE(same_bytes<float>(out.floats, expected.floats)) << n << " x " << scale;
    ASSERT_EQ(out.quants, expected.quants) << n << " x " << scale;
    ASSERT_EQ(out.integers, expected.integers) << n << " x " << scale;
  });
}

TEST_P(SameBitsTest, GivesTheSameAnswerEverywhere) {
  BitHash hash;
  for (const std::int64_t n : kLengths) {
    const Outputs out = run_all(table(), n, 10.0f, 100 + static_cast<std::uint64_t>(n));
    hash.add<float>(out.floats);
    hash.add<std::int8_t>(out.quants);
    hash.add<std::int32_t>(out.integers);
  }
  EXPECT_EQ(hash.value(), 8127692827467877906u);
}

TEST_P(SameBitsTest, AddIsExact) {
  FloatSource source(9);
  for (const std::int64_t n : kLengths) {
    const Row x = random_row(source, n), y = random_row(source, n);
    Row sum = copy_of(x);
    table().add(sum.data(), y.data(), n);
    for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(sum[i], x[i] + y[i]);
  }
}

// Memory before and after the output keeps its canaries, at every alignment.
TEST_P(SameBitsTest, WritesNothingElse) {
  FloatSource source(10);
  constexpr float kCanary = -777.0f;
  for (const std::int64_t n : {0, 1, 15, 17, 33}) {
    for (std::int64_t shift = 1; shift < 4; ++shift) {
      const Row gate = random_row(source, n), up = random_row(source, n);
      std::vector<float> out(static_cast<std::size_t>(n) + 24, kCanary);
      float* y = out.data() + shift;
      table().silu_mul(gate.data(), up.data(), n, y);
      table().rms_norm(gate.data(), up.data(), 1e-5f, n, y);
      table().add(y, up.data(), n);
      table().softmax(y, n);
      table().add_norm_quantize(y, up.data(), nullptr, 1e-5f, n, nullptr, nullptr);
      table().hadamard(y, n / 16 * 16, 16);
      table().gelu_rotate_quantize(gate.data(), up.data(), n, 1, y, nullptr);
      std::fill(y, y + n, kCanary);
      for (const float v : out) ASSERT_EQ(v, kCanary) << "n " << n;
    }
  }
}

}  // namespace
}  // namespace pincer::kernels
