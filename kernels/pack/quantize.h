// Symmetric quantization of one row's group of weights. Private to kernels/pack.
#pragma once

#include <cstdint>

namespace pincer::kernels::detail {

// The largest |w|. Weights that are not finite count as zero, here and below: a broken weight must
// not spoil its group.
float max_abs_finite(const float* w, std::int64_t count);

// The smallest bf16 with max_abs / scale <= limit; 0 for max_abs = 0. limit: 127 or 7.
std::uint16_t weight_scale(float max_abs, float limit);

// q[i] = round-half-even(w[i] / scale), 0 where scale is 0. `scale` comes from weight_scale of at
// least max|w|.
void quantize_weights(const float* w, std::int64_t count, float scale, std::int8_t* q);

}  // namespace pincer::kernels::detail
