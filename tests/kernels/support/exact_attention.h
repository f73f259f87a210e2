// Attention by its definition in FP64, and the distance of an answer from it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace pincer::test {

struct KeyRange {
  int begin = 0, end = 1;
};

// One row's output; q has head_dim floats, keys and values that for every key from 0 on.
inline std::vector<double> exact_attention(std::span<const float> q, std::span<const float> keys,
                                           std::span<const float> values, KeyRange sees,
                                           double scale, double soft_cap = 0) {
  const std::size_t hd = q.size();
  std::vector<double> p, out(hd);
  for (auto j = static_cast<std::size_t>(sees.begin); j < static_cast<std::size_t>(sees.end); ++j) {
    double dot = 0;
    for (std::size_t d = 0; d < hd; ++d) dot += static_cast<double>(q[d]) * keys[j * hd + d];
    double score = scale * dot;
    if (soft_cap > 0) score = soft_cap * std::tanh(score / soft_cap);
    p.push_back(score);
  }
  const double largest = *std::ranges::max_element(p);
  double total = 0;
  for (double& x : p) total += x = std::exp(x - largest);
  for (std::size_t i = 0; i < p.size(); ++i) {
    const std::size_t at = (static_cast<std::size_t>(sees.begin) + i) * hd;
    for (std::size_t d = 0; d < hd; ++d) out[d] += p[i] / total * values[at + d];
  }
  return out;
}

// Relative L2.
template <class Value>
double relative_error(const std::vector<Value>& out, const std::vector<double>& expected) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    difference += std::pow(out[i] - expected[i], 2);
    size += std::pow(expected[i], 2);
  }
  return std::sqrt(difference / size);
}

}  // namespace pincer::test
