#include "engine/model/input_directions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "engine/model/rotation.h"

namespace pincer {
namespace {

// Sixteen directions hold what is worth knowing (docs/rotation.md has the figures), and their sums
// are whole vectors on every ISA.
constexpr int kRank = 16;
// Each multiplies what is not yet in the subspace by a ratio of eigenvalues; the first ones are far
// apart.
constexpr int kIterations = 4;
// Of the mean of all eigenvalues, what rho is at least: the calibration text is not all texts.
constexpr double kDamping = 0.01;

using Lanes = std::array<float, kRank>;  // a value for each direction
using Square = std::array<std::array<double, kRank>, kRank>;

void add_product(Lanes& to, float factor, const Lanes& x) {
  for (int i = 0; i < kRank; ++i)
    to[static_cast<std::size_t>(i)] += factor * x[static_cast<std::size_t>(i)];
}

// All values divided by their root mean square; what is not finite becomes zero.
std::vector<float> of_unit_size(kernels::MatrixView<const float> rows, Arena& arena) {
  std::vector<float> out(static_cast<std::size_t>(rows.rows * rows.cols));
  std::vector<double> squares(static_cast<std::size_t>(rows.rows));
  const auto each_row = [&](const auto& body) {
    arena.split(rows.rows, 8, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t r = begin; r < end; ++r) body(r, out.data() + r * rows.cols);
    });
  };
  each_row([&](std::int64_t r, float* to) {
    double sum = 0;
    for (std::int64_t i = 0; i < rows.cols; ++i) {
      const float x = rows.row(r)[i];
      to[i] = std::isfinite(x) ? x : 0;
      sum += static_cast<double>(to[i]) * to[i];
    }
    squares[static_cast<std::size_t>(r)] = sum;
  });
  const double mean =
      std::accumulate(squares.begin(), squares.end(), 0.0) / static_cast<double>(out.size());
  const auto factor = static_cast<float>(mean > 0 ? 1 / std::sqrt(mean) : 0);
  each_row([&](std::int64_t, float* to) {
    for (std::int64_t i = 0; i < rows.cols; ++i) to[i] *= factor;
  });
  return out;
}

class SubspaceIteration {
 public:
  SubspaceIteration(const std::vector<float>& x, std::int64_t tokens, std::int64_t k, Arena& arena)
      : x_(x), tokens_(tokens), k_(k), arena_(arena) {
    projected_.resize(static_cast<std::size_t>(tokens));
    basis_.resize(static_cast<std::size_t>(k));
    for (std::int64_t j = 0; j < k; ++j) {
      for (int i = 0; i < kRank; ++i) lane(basis_, j, i) = hadamard_sign(j * kRank + i);
    }
    orthonormalize();
    for (int step = 0; step < kIterations; ++step) {
      project();
      back();
      orthonormalize();
    }
    project();
  }

  const std::vector<Lanes>& basis() const { return basis_; }  // V, [k]

  // V^T C V.
  Square covariance() const {
    Square c{};
    for (const Lanes& p : projected_) {
      for (std::size_t i = 0; i < kRank; ++i) {
        for (std::size_t j = 0; j < kRank; ++j) c[i][j] += static_cast<double>(p[i]) * p[j];
      }
    }
    for (auto& row : c) {
      for (double& value : row) value /= static_cast<double>(tokens_);
    }
    return c;
  }

 private:
  static float& lane(std::vector<Lanes>& v, std::int64_t j, int i) {
    return v[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
  }

  // projected_ = X V.
  void project() {
    arena_.split(tokens_, 8, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t t = begin; t < end; ++t) {
        Lanes sum{};
        const float* row = x_.data() + t * k_;
        for (std::int64_t j = 0; j < k_; ++j)
          add_product(sum, row[j], basis_[static_cast<std::size_t>(j)]);
        projected_[static_cast<std::size_t>(t)] = sum;
      }
    });
  }

  // basis_ = X^T projected_.
  void back() {
    arena_.split(k_, 32, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t j = begin; j < end; ++j) basis_[static_cast<std::size_t>(j)] = {};
      for (std::int64_t t = 0; t < tokens_; ++t) {
        const float* row = x_.data() + t * k_;
        const Lanes& p = projected_[static_cast<std::size_t>(t)];
        for (std::int64_t j = begin; j < end; ++j)
          add_product(basis_[static_cast<std::size_t>(j)], row[j], p);
      }
    });
  }

  // Gram and Schmidt, each column against those before it. What is nothing but rounding becomes
  // zero.
  void orthonormalize() {
    for (int i = 0; i < kRank; ++i) {
      const double before = dot(i, i);
      for (int j = 0; j < i; ++j) subtract(i, j, dot(i, j));
      const double after = dot(i, i);
      const double factor = after > before * 1e-10 ? 1 / std::sqrt(after) : 0;
      for (std::int64_t r = 0; r < k_; ++r) {
        lane(basis_, r, i) = static_cast<float>(lane(basis_, r, i) * factor);
      }
    }
  }
  double dot(int i, int j) {
    double sum = 0;
    for (std::int64_t r = 0; r < k_; ++r)
      sum += static_cast<double>(lane(basis_, r, i)) * lane(basis_, r, j);
    return sum;
  }
  void subtract(int i, int j, double factor) {
    for (std::int64_t r = 0; r < k_; ++r)
      lane(basis_, r, i) -= static_cast<float>(factor * lane(basis_, r, j));
  }

  const std::vector<float>& x_;
  std::int64_t tokens_, k_;
  Arena& arena_;
  std::vector<Lanes> basis_, projected_;
};

// L with L L^T = S; columns that S has no positive part for are zero.
Square cholesky(const Square& s) {
  Square l{};
  for (std::size_t j = 0; j < kRank; ++j) {
    double pivot = s[j][j];
    for (std::size_t i = 0; i < j; ++i) pivot -= l[j][i] * l[j][i];
    if (pivot <= 0) continue;
    l[j][j] = std::sqrt(pivot);
    for (std::size_t r = j + 1; r < kRank; ++r) {
      double sum = s[r][j];
      for (std::size_t i = 0; i < j; ++i) sum -= l[r][i] * l[j][i];
      l[r][j] = sum / l[j][j];
    }
  }
  return l;
}

// gains[j] = (I + sum over i >= j of A[i] A[i]^T)^-1 A[j], the inverse updated from the last j to
// the first (Sherman and Morrison).
std::vector<float> gains_of(const std::vector<float>& a, std::int64_t k) {
  std::vector<float> gains(a.size());
  Square inverse{};
  for (std::size_t i = 0; i < kRank; ++i) inverse[i][i] = 1;
  for (std::int64_t j = k - 1; j >= 0; --j) {
    const float* row = a.data() + j * kRank;
    std::array<double, kRank> pa{};
    double size = 1;
    for (std::size_t i = 0; i < kRank; ++i) {
      for (std::size_t m = 0; m < kRank; ++m) pa[i] += inverse[i][m] * row[m];
      size += pa[i] * row[i];
    }
    for (std::size_t i = 0; i < kRank; ++i) {
      gains[static_cast<std::size_t>(j * kRank) + i] = static_cast<float>(pa[i] / size);
      for (std::size_t m = 0; m < kRank; ++m) inverse[i][m] -= pa[i] * pa[m] / size;
    }
  }
  return gains;
}

}  // namespace

InputDirections input_directions(kernels::MatrixView<const float> rows, Arena& arena) {
  const std::int64_t k = rows.cols;
  if (k <= 2 * kRank) return {};  // directions are not few then
  const std::vector<float> x = of_unit_size(rows, arena);
  const SubspaceIteration found(x, rows.rows, k, arena);
  Square covariance = found.covariance();
  // The mean square is 1, and so is the mean of the eigenvalues.
  double rest = static_cast<double>(k);
  for (std::size_t i = 0; i < kRank; ++i) rest -= covariance[i][i];
  const double rho = std::max(rest / static_cast<double>(k - kRank), kDamping);
  for (std::size_t i = 0; i < kRank; ++i) {
    covariance[i][i] -= rho;
    for (double& value : covariance[i]) value /= rho;
  }
  const Square factor = cholesky(covariance);
  InputDirections out;
  out.rank = kRank;
  out.directions.resize(static_cast<std::size_t>(k * kRank));
  for (std::int64_t j = 0; j < k; ++j) {
    const Lanes& v = found.basis()[static_cast<std::size_t>(j)];
    for (std::size_t i = 0; i < kRank; ++i) {
      double sum = 0;
      for (std::size_t m = 0; m < kRank; ++m) sum += v[m] * factor[m][i];
      out.directions[static_cast<std::size_t>(j * kRank) + i] = static_cast<float>(sum);
    }
  }
  out.gains = gains_of(out.directions, k);
  return out;
}

}  // namespace pincer
