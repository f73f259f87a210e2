#include "engine/model/rotation.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <random>

namespace pincer {
namespace {

// In place, rows [count] of `columns` floats each: row pairs at a distance of `half` become their
// sum and difference.
void butterflies(float* w, std::int64_t count, std::int64_t half, std::int64_t columns) {
  const std::int64_t run = half * columns;
  for (std::int64_t start = 0; start < count * columns; start += 2 * run) {
    float* low = w + start;
    float* high = low + run;
    for (std::int64_t i = 0; i < run; ++i) {
      const float sum = low[i] + high[i];
      high[i] = low[i] - high[i];
      low[i] = sum;
    }
  }
}

}  // namespace

void hadamard_columns(float* w, std::int64_t rows, std::int64_t block, std::int64_t columns) {
  if (block == 1) return;
  const auto factor = static_cast<float>(1.0 / std::sqrt(static_cast<double>(block)));
  for (std::int64_t i = 0; i < rows * columns; ++i) w[i] *= factor;
  for (std::int64_t half = 1; half < block; half *= 2) butterflies(w, rows, half, columns);
}

float hadamard_sign(std::int64_t i) {
  // One bit of SplitMix64's i-th number (Steele, Lea and Flood, OOPSLA 2014).
  std::uint64_t z = (static_cast<std::uint64_t>(i) + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return ((z ^ (z >> 31)) & 1) != 0 ? 1.0f : -1.0f;
}

Rotation::Rotation(int width)
    : block_(std::int64_t{1} << std::countr_zero(static_cast<unsigned>(width))) {
  odd_ = width / block_;
  std::mt19937 random(static_cast<unsigned>(width));  // its sequence is fixed by the standard
  const auto factor = static_cast<float>(1.0 / std::sqrt(static_cast<double>(block_)));
  for (int i = 0; i < kRounds * width; ++i) {
    signs_.push_back((random() & 1) != 0 ? factor : -factor);
  }
  const double turn = 2 * std::numbers::pi / static_cast<double>(odd_);
  for (std::int64_t i = 0; i < odd_; ++i) {
    for (std::int64_t j = 0; j < odd_; ++j) {
      const double angle = turn * static_cast<double>(i * j % odd_);
      hartley_.push_back(static_cast<float>((std::cos(angle) + std::sin(angle)) /
                                            std::sqrt(static_cast<double>(odd_))));
    }
  }
}

void Rotation::turn_columns(float* w, std::int64_t columns) const {
  for (int round = 0; round < kRounds; ++round) {
    mix_columns(signs_.data() + round * odd_ * block_, w, columns);
  }
}

void Rotation::mix_columns(const float* signs, float* w, std::int64_t columns) const {
  const std::int64_t width = odd_ * block_;
  for (std::int64_t i = 0; i < width; ++i) {
    for (std::int64_t c = 0; c < columns; ++c) w[i * columns + c] *= signs[i];
  }
  for (std::int64_t half = 1; half < block_; half *= 2) butterflies(w, width, half, columns);
  hartley_columns(w, columns);
}

// Both matrices are symmetric and their own inverses, the Hadamard matrix up to a factor that the
// signs hold.
void Rotation::turn_back(float* x) const {
  const std::int64_t width = odd_ * block_;
  for (int round = kRounds - 1; round >= 0; --round) {
    hartley_columns(x, 1);
    for (std::int64_t half = 1; half < block_; half *= 2) butterflies(x, width, half, 1);
    const float* signs = signs_.data() + round * width;
    for (std::int64_t i = 0; i < width; ++i) x[i] *= signs[i];
  }
}

void Rotation::hartley_columns(float* w, std::int64_t columns) const {
  if (odd_ == 1) return;
  const std::int64_t run = block_ * columns;
  const std::vector<float> in(w, w + odd_ * run);
  for (std::int64_t i = 0; i < odd_; ++i) {
    float* out = w + i * run;
    for (std::int64_t c = 0; c < run; ++c) out[c] = 0;
    for (std::int64_t j = 0; j < odd_; ++j) {
      const float factor = hartley_[static_cast<std::size_t>(i * odd_ + j)];
      const float* from = in.data() + j * run;
      for (std::int64_t c = 0; c < run; ++c) out[c] += factor * from[c];
    }
  }
}

}  // namespace pincer
