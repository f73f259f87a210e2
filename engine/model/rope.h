// Angles of the rotary embedding (arXiv 2104.09864) with its context extensions: linear, YaRN
// (arXiv 2309.00071), and per-frequency divisors (Llama 3).
#pragma once

#include <cstdint>
#include <vector>

#include "pincer/engine/model.h"

namespace pincer {

class Rope {
 public:
  explicit Rope(const RopeConfig& config);

  int half() const { return static_cast<int>(frequency_.size()); }
  // cosine and sine of this position, half() floats each, times the attention factor. Angles are
  // computed in double, so that far positions stay exact.
  void angles(std::int64_t position, float* cosine, float* sine) const;

 private:
  std::vector<double> frequency_;  // radians per position
  double magnitude_ = 1.0;
};

}  // namespace pincer
