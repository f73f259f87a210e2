// Weight matrices of real models, as the forward pass multiplies them: q, k, v in one matrix, gate
// and up in another.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pincer::kernels::measure {

struct LayerShape {
  std::string_view model, layer;
  std::int64_t n, k;
  bool telling;  // one of the few that stand for all: a small model's, a large model's
};

inline constexpr LayerShape kLayerShapes[] = {
    // SmolLM2-135M: 9 heads of 64, 3 for keys and values.
    {"135M", "qkv", 960, 576, false},
    {"135M", "o", 576, 576, false},
    {"135M", "gate_up", 3072, 576, false},
    {"135M", "down", 576, 1536, true},
    {"135M", "head", 49152, 576, false},
    // Qwen2-0.5B: 14 heads of 64, 2 for keys and values.
    {"0.5B", "qkv", 1152, 896, false},
    {"0.5B", "o", 896, 896, false},
    {"0.5B", "gate_up", 9728, 896, false},
    {"0.5B", "down", 896, 4864, false},
    // Llama 3.2 1B: 32 heads of 64, 8 for keys and values.
    {"1B", "qkv", 3072, 2048, false},
    {"1B", "o", 2048, 2048, false},
    {"1B", "gate_up", 16384, 2048, false},
    {"1B", "down", 2048, 8192, false},
    // Llama 2 7B: 32 heads of 128.
    {"7B", "qkv", 12288, 4096, false},
    {"7B", "o", 4096, 4096, true},
    {"7B", "gate_up", 22016, 4096, false},
    {"7B", "down", 4096, 11008, false},
};

// Tokens at once: decoding one sequence, a few, a batch; a short prompt, a chunk of a long one.
inline constexpr std::int64_t kRows[] = {1, 2, 4, 8, 16, 64, 512};
// Above this a product is bound by arithmetic, wherever the weights are.
inline constexpr std::int64_t kMostColdRows = 16;

}  // namespace pincer::kernels::measure
