#include "pincer/kernels/smooth_k.h"

#include <cassert>

namespace pincer::kernels {

void mean_key(const float* keys, std::int64_t stride, int tokens, int head_dim, float* centre) {
  assert(tokens >= 1 && head_dim >= 1);
  for (int d = 0; d < head_dim; ++d) {
    double sum = 0;
    for (int t = 0; t < tokens; ++t) sum += keys[t * stride + d];
    centre[d] = static_cast<float>(sum / tokens);
  }
}

void centre_key(const float* key, const float* centre, int head_dim, float* out) {
  for (int d = 0; d < head_dim; ++d) out[d] = key[d] - centre[d];
}

}  // namespace pincer::kernels
