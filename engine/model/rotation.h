// The orthogonal matrix Q that turns the residual stream of packed models: x becomes x Q.
//
// A few channels of the residual stream are many times larger than the rest, and the group of 32
// that holds one is quantized coarsely. Q spreads each channel over all of them. It is folded into
// the weights when they are packed, which is exact: RMSNorm's gains are folded first and its
// division commutes with Q, so what reads the stream takes W Q, what writes it Q^T W, and the
// embedding is turned as it is read (QuaRot, arXiv 2404.00456). SmolLM2-135M in groups of 32 keeps
// 1.7 points more of FP32's most likely tokens with it.
//
// Q = S M S' M with M = C x H, the Kronecker product of the Hartley matrix C [m][m], C[i][j] = (cos
// + sin)(2 pi i j / m) / sqrt(m), and the Hadamard matrix H [2^k][2^k], with m odd and m 2^k =
// width; S and S' are diagonals of random signs, the same for every model of a width. C and H are
// symmetric and orthogonal, and a turn takes 2 width (m + k) steps.
//
// One round, S M, has entries of one size or nearly: an outlier becomes a row of +a and -a, whose
// values round all the same way, and the error is the outlier's own direction once more. After two
// rounds entries are as good as Gaussian and errors are independent of each other. That is worth
// more than the smallest maximum: SmolLM2-135M with a scale per channel loses 0.5 % of perplexity
// by the rounding of q, k and v alone with one round.
#pragma once

#include <cstdint>
#include <vector>

namespace pincer {

// W <- (I x H) W / sqrt(block), w: [rows][columns], contiguous: each `block` of rows, a power of
// two that divides `rows`, is multiplied by the Hadamard matrix H, which is its own inverse. Block
// 1: nothing happens.
void hadamard_columns(float* w, std::int64_t rows, std::int64_t block, std::int64_t columns);

// 1 or -1, by chance but always the same: what value i of a block is multiplied by before the
// transform. Values that have a mean would all add up in the first of their block otherwise.
float hadamard_sign(std::int64_t i);

// Immutable; safe to share between threads.
class Rotation {
 public:
  explicit Rotation(int width);

  // x <- x Q; x: [width].
  void turn(float* x) const { turn_columns(x, 1); }
  // x <- x Q^T: undoes turn(), but for rounding.
  void turn_back(float* x) const;
  // W <- Q^T W; w: [width][columns], contiguous.
  void turn_columns(float* w, std::int64_t columns) const;

 private:
  static constexpr int kRounds = 2;
  void mix_columns(const float* signs, float* w, std::int64_t columns) const;
  void hartley_columns(float* w, std::int64_t columns) const;

  std::int64_t odd_;            // m
  std::int64_t block_;          // 2^k
  std::vector<float> signs_;    // [kRounds][width], with H's factor 2^(-k/2)
  std::vector<float> hartley_;  // [m][m]
};

}  // namespace pincer
