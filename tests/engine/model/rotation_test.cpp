#include "engine/model/rotation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pincer {
namespace {

// Row i of Q: the turned unit vector.
std::vector<std::vector<float>> matrix(int width) {
  const Rotation rotation(width);
  std::vector<std::vector<float>> q;
  for (int i = 0; i < width; ++i) {
    std::vector<float> row(static_cast<std::size_t>(width));
    row[static_cast<std::size_t>(i)] = 1;
    rotation.turn(row.data());
    q.push_back(row);
  }
  return q;
}

class RotationTest : public testing::TestWithParam<int> {};

// Entries are sums of at most 64 rounded terms below 1, twice: off by less than 128 half-ulps,
// 8e-6.
TEST_P(RotationTest, IsOrthogonal) {
  const auto q = matrix(GetParam());
  for (std::size_t i = 0; i < q.size(); ++i) {
    for (std::size_t j = 0; j < q.size(); ++j) {
      double product = 0;
      for (std::size_t k = 0; k < q.size(); ++k) {
        product += static_cast<double>(q[i][k]) * static_cast<double>(q[j][k]);
      }
      ASSERT_NEAR(product, i == j ? 1 : 0, 8e-6) << i << " " << j;
    }
  }
}

// One outlier ends up in all channels, and not as values of one size, which would all be rounded
// alike: entries spread as Gaussian ones do. Of those, one in 5e8 is beyond 6 deviations, and
// |x| / deviation has the mean 0.798, known within 0.6 / sqrt(width) of a row.
TEST_P(RotationTest, SpreadsEachChannelOverAll) {
  const auto q = matrix(GetParam());
  if (q.size() < 64) GTEST_SKIP() << "too few to tell";
  const double even = 1 / std::sqrt(static_cast<double>(q.size()));
  for (const auto& row : q) {
    double mean = 0;
    for (const float x : row) {
      ASSERT_LE(std::abs(x), 6 * even);
      mean += std::abs(static_cast<double>(x)) / even / static_cast<double>(q.size());
    }
    ASSERT_NEAR(mean, 0.798, 5 * 0.6 / std::sqrt(static_cast<double>(q.size())));
  }
}

TEST_P(RotationTest, IsUndoneByTurningBack) {
  const Rotation rotation(GetParam());
  std::vector<float> x(static_cast<std::size_t>(GetParam()));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) - 3;
  const std::vector<float> original = x;
  rotation.turn(x.data());
  rotation.turn_back(x.data());
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], original[i], 1e-4);
}

TEST_P(RotationTest, ColumnsAreTurnedByTheTranspose) {
  const auto width = static_cast<std::size_t>(GetParam());
  const auto q = matrix(GetParam());
  constexpr std::size_t kColumns = 3;
  std::vector<float> w(width * kColumns);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i * 7 % 11) - 5;
  std::vector<float> turned = w;
  Rotation(GetParam()).turn_columns(turned.data(), kColumns);
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t c = 0; c < kColumns; ++c) {
      double expected = 0;
      for (std::size_t j = 0; j < width; ++j) {
        expected += static_cast<double>(q[j][i]) * static_cast<double>(w[j * kColumns + c]);
      }
      ASSERT_NEAR(turned[i * kColumns + c], expected, 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, RotationTest, testing::Values(1, 2, 3, 48, 64, 90, 144));

}  // namespace
}  // namespace pincer
