// The few directions in which the inputs of a matrix are large: what rounding its weights should
// know (kernels/pack.h, ErrorFeedback).
#pragma once

#include <vector>

#include "engine/parallel/arena.h"
#include "pincer/kernels/matrix.h"
#include "pincer/kernels/pack.h"

namespace pincer {

struct InputDirections {
  int rank = 0;
  std::vector<float> directions, gains;  // [k][rank]

  kernels::ErrorFeedback feedback() const { return {rank, directions.data(), gains.data()}; }
};

// Of `rows`, [tokens][k], at least one. C = X^T X / tokens is approximated by rho I + V L V^T: V
// spans the largest eigenvectors (by subspace iteration), rho is the mean of the other eigenvalues.
// The same bits whatever the number of threads.
InputDirections input_directions(kernels::MatrixView<const float> rows, Arena& arena);

}  // namespace pincer
