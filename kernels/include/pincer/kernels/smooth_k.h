// Smooth-K (SageAttention, arXiv 2410.02367): keys of real models share a large bias in a few
// channels, which takes most of an INT8 key's range. Any constant vector may be subtracted from all
// keys that a query sees: its score with each of them changes by the same number, scale * (q .
// centre), which softmax does not notice. With a soft cap it would: c * tanh(s / c) turns equal
// differences into unequal ones, so models that have one (Gemma 2) keep their keys as they are.
//
// A KV head of a sequence has one centre for as long as keys quantized with it are in the cache;
// what is closest to the mean of its keys serves best, and an old or inaccurate one harms nothing
// but accuracy.
#pragma once

#include <cstdint>

namespace pincer::kernels {

// centre[d] = the mean of `tokens` >= 1 keys of head_dim floats, which start `stride` floats apart.
void mean_key(const float* keys, std::int64_t stride, int tokens, int head_dim, float* centre);

// out = key - centre, to be quantized and given to write_kv(). out may be key.
void centre_key(const float* key, const float* centre, int head_dim, float* out);

}  // namespace pincer::kernels
