#include "engine/generate/pooling.h"

#include <cmath>

namespace pincer {

void add_states(const PooledRows& rows, const ModelConfig& config, Forward& forward) {
  Sequence& s = *rows.sequence;
  const int first = s.computed - rows.count;
  if (first == 0) s.pooled.assign(static_cast<std::size_t>(config.width), 0.0);
  for (int i = 0; i < rows.count; ++i) {
    const int position = first + i;
    if (config.pooling == Pooling::first && position > 0) return;
    if (config.pooling == Pooling::last && position < s.prompt_tokens - 1) continue;
    const float* state = forward.state(rows.row + i);
    for (std::size_t c = 0; c < s.pooled.size(); ++c) s.pooled[c] += state[c];
  }
}

// The mean's divisor does not matter to a vector of length 1.
std::vector<float> embedding_of(const Sequence& s, const Model& model) {
  std::vector<float> x(s.pooled.begin(), s.pooled.end());
  model.restore_state(x.data());
  double squares = 0;
  for (const float v : x) squares += static_cast<double>(v) * v;
  if (squares == 0) return x;
  const double factor = 1 / std::sqrt(squares);
  for (float& v : x) v = static_cast<float>(v * factor);
  return x;
}

}  // namespace pincer
