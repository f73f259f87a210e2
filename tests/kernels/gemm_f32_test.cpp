// The FP32 reference product against its definition: 16 partial sums by k mod 16, a tree, two
// roundings per step.
#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "pincer/kernels/kernel_table.h"
#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/guarded_buffer.h"

namespace pincer::kernels {
namespace {

using test::FloatSource;
using test::GuardedBuffer;

constexpr float kCanary = -9876.5f;

struct Product {
  std::int64_t m, n, k;
  GuardedBuffer<float> a, w, bias, c;
  Product(std::int64_t rows, std::int64_t channels, std::int64_t depth, std::uint64_t seed)
      : m(rows), n(channels), k(depth) {
    FloatSource source(seed);
    const auto fill = [&source](std::int64_t count) {
      GuardedBuffer<float> buffer(static_cast<std::size_t>(count));
      for (float& value : buffer) value = source.next();
      return buffer;
    };
    a = fill(m * k);
    w = fill(n * k);
    bias = fill(n);
    c = GuardedBuffer<float>(static_cast<std::size_t>(m * n));
    for (float& value : c) value = kCanary;
  }
  GemmF32Args args(bool with_bias = true) {
    return {.a = {a.data(), m, k, k},
            .w = {w.data(), n, k, k},
            .bias = with_bias ? bias.data() : nullptr,
            .c = {c.data(), m, n, n},
            .m_begin = 0,
            .m_end = m,
            .n_begin = 0,
            .n_end = n};
  }
  float expected(std::int64_t row, std::int64_t channel, bool with_bias = true) const {
    float lanes[16] = {};
    for (std::int64_t i = 0; i < k; ++i) {
      // volatile: the product is rounded before it is added, whatever this file is compiled with.
      volatile const float product = a.data()[row * k + i] * w.data()[channel * k + i];
      lanes[i % 16] += product;
    }
    for (int half = 8; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    }
    return with_bias ? lanes[0] + bias.data()[channel] : lanes[0];
  }
  float result(std::int64_t row, std::int64_t channel) const { return c.data()[row * n + channel]; }
};

std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

class GemmF32Contract : public testing::TestWithParam<const GemmF32Kernel*> {
 protected:
  void SetUp() override {
    if (!cpu_supports(GetParam()->isa)) GTEST_SKIP() << "this CPU cannot run " << GetParam()->name;
  }
};

TEST_P(GemmF32Contract, EveryShapeHasTheDefinedBits) {
  for (const std::int64_t k : {1, 15, 16, 17, 64, 97, 576}) {
    for (const std::int64_t n : {1, 3, 4, 5, 31, 32, 33, 67}) {
      for (const std::int64_t m : {0, 1, 3, 4, 5, 7}) {
        for (const bool bias : {false, true}) {
          Product product(m, n, k, static_cast<std::uint64_t>(k * 1000 + n * 10 + m));
          GetParam()->fn(product.args(bias));
          for (std::int64_t row = 0; row < m; ++row) {
            for (std::int64_t channel = 0; channel < n; ++channel) {
              ASSERT_EQ(bits(product.result(row, channel)),
                        bits(product.expected(row, channel, bias)))
                  << m << "x" << n << "x" << k << " at " << row << "," << channel;
            }
          }
        }
      }
    }
  }
}

TEST_P(GemmF32Contract, RectanglesHaveTheSameBitsAndLeaveTheRestAlone) {
  Product whole(9, 70, 100, 1);
  GetParam()->fn(whole.args());
  Product part(9, 70, 100, 1);
  GemmF32Args args = part.args();
  args.m_begin = 2;
  args.m_end = 7;
  args.n_begin = 13;
  args.n_end = 66;
  GetParam()->fn(args);
  for (std::int64_t row = 0; row < part.m; ++row) {
    for (std::int64_t channel = 0; channel < part.n; ++channel) {
      const bool inside = row >= 2 && row < 7 && channel >= 13 && channel < 66;
      ASSERT_EQ(bits(part.result(row, channel)),
                bits(inside ? whole.result(row, channel) : kCanary))
          << row << "," << channel;
    }
  }
}

std::vector<const GemmF32Kernel*> all_kernels() {
  std::vector<const GemmF32Kernel*> rows;
  for (const GemmF32Kernel& row : gemm_f32_kernels()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Kernels, GemmF32Contract, testing::ValuesIn(all_kernels()),
                         [](const auto& row) { return std::string(row.param->name); });

}  // namespace
}  // namespace pincer::kernels
