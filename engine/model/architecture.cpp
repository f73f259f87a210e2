#include <array>

#include "pincer/engine/model.h"

namespace pincer {
namespace {

constexpr std::array kArchitectures = {
    Architecture{.name = "llama", .rope = RopeStyle::interleaved, .activation = Activation::silu},
    Architecture{.name = "qwen2", .rope = RopeStyle::halves, .activation = Activation::silu},
    // https://arxiv.org/abs/2503.19786; five layers with a window, then one without. The 27B model
    // is the one with 62 layers.
    Architecture{.name = "gemma3",
                 .rope = RopeStyle::halves,
                 .activation = Activation::gelu,
                 .scaled_embedding = true,
                 .window_period = 6,
                 .window_rope_base = 10000.0f,
                 .layers_scaled_by_width = 62},
};

}  // namespace

const Architecture* find_architecture(std::string_view name) {
  for (const Architecture& a : kArchitectures) {
    if (a.name == name) return &a;
  }
  return nullptr;
}

std::string supported_architectures() {
  std::string names;
  for (const Architecture& a : kArchitectures) {
    if (!names.empty()) names += ", ";
    names += a.name;
  }
  return names;
}

}  // namespace pincer
