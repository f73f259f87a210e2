#include "engine/model/input_directions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace pincer {
namespace {

constexpr std::int64_t kTokens = 256, kWidth = 192, kOutputs = 32;

// Rows of unit noise, and four directions of ten times that.
std::vector<float> inputs(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> directions(4 * kWidth), rows(kTokens * kWidth);
  for (float& d : directions) d = normal(random);
  for (std::int64_t t = 0; t < kTokens; ++t) {
    float* row = rows.data() + t * kWidth;
    for (std::int64_t i = 0; i < kWidth; ++i) row[i] = normal(random);
    for (std::int64_t d = 0; d < 4; ++d) {
      const float size = 10 * normal(random);
      for (std::int64_t i = 0; i < kWidth; ++i)
        row[i] += size * directions[static_cast<std::size_t>(d * kWidth + i)];
    }
  }
  return rows;
}

kernels::MatrixView<const float> view(const std::vector<float>& rows) {
  return {rows.data(), kTokens, kWidth, kWidth};
}

// The root mean square of x e over rows x and channels' errors e.
double output_error(const std::vector<float>& weights, const std::vector<float>& rows,
                    const kernels::ErrorFeedback& feedback) {
  kernels::Layout layout;
  layout.group = 0;
  const kernels::PackedHeader header = kernels::make_packed_header(layout, kOutputs, kWidth);
  struct alignas(64) Line {
    std::uint8_t bytes[64];
  };
  std::vector<Line> memory(header.bytes / sizeof(Line) + 1);
  auto* bytes = reinterpret_cast<std::uint8_t*>(memory.data());
  std::memcpy(bytes, &header, sizeof header);
  for (std::int64_t first = 0; first < kOutputs; first += layout.nr) {
    kernels::pack_panel(
        header, {weights.data() + first * kWidth, layout.nr, kWidth, kWidth},
        bytes + sizeof header + static_cast<std::uint64_t>(first / layout.nr) * header.panel_bytes,
        feedback);
  }
  const kernels::PackedMatrix packed{reinterpret_cast<const kernels::PackedHeader*>(bytes)};
  std::vector<float> row(kWidth);
  double squares = 0;
  for (std::int64_t n = 0; n < kOutputs; ++n) {
    kernels::unpack_row(packed, n, row.data());
    for (std::int64_t t = 0; t < kTokens; ++t) {
      double sum = 0;
      for (std::int64_t i = 0; i < kWidth; ++i) {
        sum += static_cast<double>(row[static_cast<std::size_t>(i)] -
                                   weights[static_cast<std::size_t>(n * kWidth + i)]) *
               static_cast<double>(rows[static_cast<std::size_t>(t * kWidth + i)]);
      }
      squares += sum * sum;
    }
  }
  return std::sqrt(squares / static_cast<double>(kOutputs * kTokens));
}

// The directions are 20 times the noise. What is left is the noise, sqrt(1 + 400) times less than
// all, and a part of the directions that cannot be cancelled: some tenths of a step each.
TEST(InputDirections, RoundingByThemSparesTheOutput) {
  Arena arena(2);
  const std::vector<float> rows = inputs(1), others = inputs(1);
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  std::vector<float> weights(kOutputs * kWidth);
  for (float& w : weights) w = normal(random);
  const InputDirections directions = input_directions(view(rows), arena);
  const double plain = output_error(weights, others, {});
  const double moved = output_error(weights, others, directions.feedback());
  EXPECT_LT(moved, plain / 4);
}

TEST(InputDirections, AreTheSameForAnyNumberOfThreads) {
  const std::vector<float> rows = inputs(3);
  Arena one(1), three(3);
  const InputDirections a = input_directions(view(rows), one),
                        b = input_directions(view(rows), three);
  EXPECT_EQ(a.directions, b.directions);
  EXPECT_EQ(a.gains, b.gains);
}

TEST(InputDirections, AreFiniteWhateverTheRowsAre) {
  Arena arena(1);
  const auto expect_finite = [&](const std::vector<float>& rows, const char* what) {
    const InputDirections d = input_directions(view(rows), arena);
    for (const float x : d.directions) ASSERT_TRUE(std::isfinite(x)) << what;
    for (const float x : d.gains) ASSERT_TRUE(std::isfinite(x)) << what;
  };
  expect_finite(std::vector<float>(kTokens * kWidth, 0.0f), "zeros");
  expect_finite(std::vector<float>(kTokens * kWidth, 1.0f), "one row again and again");
  std::vector<float> broken = inputs(4);
  broken[7] = std::numeric_limits<float>::quiet_NaN();
  broken[kWidth * 3 + 1] = std::numeric_limits<float>::infinity();
  expect_finite(broken, "values that are not finite");
}

TEST(InputDirections, NarrowMatricesHaveNone) {
  Arena arena(1);
  const std::vector<float> rows(64 * 32, 1.0f);
  EXPECT_EQ(input_directions({rows.data(), 64, 32, 32}, arena).rank, 0);
}

}  // namespace
}  // namespace pincer
