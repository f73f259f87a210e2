#include "engine/schedule/step_cost.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

namespace pincer {
namespace {

// Means run over about this many steps of a class.
constexpr int kMemory = 16;
// A step that took longer than this many times its class's mean counts as this: it met something
// else, such as pages that had to be read first.
constexpr double kOutlier = 2;
// What the coefficients are relative to `fixed` where nothing was seen yet: a 135M model on two
// cores with AVX-512 VNNI, 16 rows in 1.6 times the time of one.
constexpr double kPrior[] = {1.0, 0.03, 0.03, 0.01, 0.005};
// How much they weigh, in observations of one class.
constexpr double kPriorWeight = 1e-4;
// A class's weight halves with this many observations of others, but not below the floor.
constexpr double kHalfLife = 512, kLeastWeight = 0.02;
// How fast the drift follows, and the steps that it is blind to.
constexpr double kDriftGain = 1.0 / 8, kLeastRatio = 0.5, kMostRatio = 2;

// Solves a u = b for the unknowns of `free`; the others are 0. a is symmetric and positive
// definite, so elimination needs no pivots.
template <std::size_t N>
std::array<double, N> solve(std::array<std::array<double, N>, N> a, std::array<double, N> b,
                            const std::array<bool, N>& free) {
  for (std::size_t i = 0; i < N; ++i) {
    if (!free[i]) continue;
    for (std::size_t r = i + 1; r < N; ++r) {
      if (!free[r]) continue;
      const double factor = a[r][i] / a[i][i];
      for (std::size_t j = i; j < N; ++j) a[r][j] -= factor * a[i][j];
      b[r] -= factor * b[i];
    }
  }
  std::array<double, N> u{};
  for (std::size_t i = N; i-- > 0;) {
    if (!free[i]) continue;
    double rest = b[i];
    for (std::size_t j = i + 1; j < N; ++j) rest -= a[i][j] * u[j];
    u[i] = rest / a[i][i];
  }
  return u;
}

}  // namespace

StepCost::Vector StepCost::features(const StepLoad& load) {
  return {1.0, load.rows > 1 ? 1.0 : 0.0, static_cast<double>(load.rows),
          static_cast<double>(load.sampled), load.keys / 1000};
}

// By the power of two that holds the rows, the keys of a row, and whether most rows are sampled.
int StepCost::class_of(const StepLoad& load) {
  const auto rows = static_cast<unsigned>(std::max(1, load.rows));
  const int row_class = std::min(static_cast<int>(std::bit_width(rows - 1)), kRowClasses - 1);
  const double keys = load.keys / rows;
  int key_class = 0;
  if (keys >= 512) key_class = keys < 4096 ? 1 : 2;
  const int sampled = 2 * load.sampled > load.rows ? 1 : 0;
  return (row_class * kKeyClasses + key_class) * 2 + sampled;
}

void StepCost::observe(const StepLoad& load, double ms) {
  if (load.rows < 1 || !(ms > 0)) return;
  if (learnt()) {
    const double ratio = std::clamp(ms / fitted(load), kLeastRatio, kMostRatio);
    drift_ += kDriftGain * (ratio - drift_);
  }
  Class& c = classes_[static_cast<std::size_t>(class_of(load))];
  if (c.count >= 4) ms = std::min(ms, kOutlier * c.ms);
  c.count = std::min(c.count + 1, kMemory);
  c.last_seen = ++observations_;
  const Vector x = features(load);
  for (std::size_t i = 0; i < x.size(); ++i) c.load[i] += (x[i] - c.load[i]) / c.count;
  c.ms += (ms - c.ms) / c.count;
  fit();
}

// Least squares of the relative errors. The unknowns are relative to the prior; one that comes out
// negative is held at 0.
void StepCost::fit() {
  double scale = std::numeric_limits<double>::max();  // the fastest class stands for `fixed`
  for (const Class& c : classes_) {
    if (c.count > 0) scale = std::min(scale, c.ms);
  }
  std::array<Vector, kFeatures> a{};
  Vector b{};
  for (std::size_t i = 0; i < kFeatures; ++i) a[i][i] = b[i] = kPriorWeight;
  for (const Class& c : classes_) {
    if (c.count == 0) continue;
    const double age = static_cast<double>(observations_ - c.last_seen);
    const double weight = std::max(kLeastWeight, std::exp2(-age / kHalfLife)) * c.count / kMemory;
    Vector x;
    for (std::size_t i = 0; i < kFeatures; ++i) x[i] = c.load[i] * kPrior[i] * scale / c.ms;
    for (std::size_t i = 0; i < kFeatures; ++i) {
      for (std::size_t j = 0; j < kFeatures; ++j) a[i][j] += weight * x[i] * x[j];
      b[i] += weight * x[i];
    }
  }
  std::array<bool, kFeatures> free;
  free.fill(true);
  Vector u = solve(a, b, free);
  for (auto least = std::ranges::min_element(u); *least < 0; least = std::ranges::min_element(u)) {
    free[static_cast<std::size_t>(least - u.begin())] = false;
    u = solve(a, b, free);
  }
  for (std::size_t i = 0; i < kFeatures; ++i) coefficients_[i] = u[i] * kPrior[i] * scale;
}

double StepCost::fitted(const StepLoad& load) const {
  const Vector x = features(load);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += coefficients_[i] * x[i];
  return sum;
}

double StepCost::ms(const StepLoad& load) const { return drift_ * fitted(load); }

}  // namespace pincer
