#include "pincer/engine/layer_trace.h"

namespace pincer {

std::string_view phase_name(Phase phase) {
  constexpr std::array<std::string_view, kPhases> kNames = {
      "norm_quantize",    "qkv",     "rope_cache", "attention", "attention_output",
      "ff_norm_quantize", "gate_up", "activation", "down",      "head"};
  return kNames[static_cast<std::size_t>(phase)];
}

}  // namespace pincer
