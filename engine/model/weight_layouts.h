// How each weight of a model is packed in a format.
#pragma once

#include <cstdint>

#include "pincer/engine/model.h"
#include "pincer/engine/weight_format.h"

namespace pincer {

// kernels::Layout::transform, which kernels do not look at: bit 0 is kTurnedResidual, the other
// bits are log2 of the block of the Hadamard transform that the input goes through before it is
// quantized; 0: none.
constexpr std::uint8_t transform_of(bool turned, int log2_block) {
  return static_cast<std::uint8_t>((turned ? kernels::kTurnedResidual : 0) | (log2_block << 1));
}
constexpr int input_block(const kernels::Layout& layout) { return 1 << (layout.transform >> 1); }

// The largest block that divides k, a power of two, up to 512: larger ones spread outliers no
// better (measured: SmolLM2-135M, k = 1536) and cost more.
int hadamard_block(std::int64_t k);

struct WeightLayouts {
  kernels::Layout layers;  // of all matrices in the layers
  kernels::Layout head;
  // RMSNorm's gains are multiplied into the columns of what follows: where the residual stream is
  // turned, which spreads them over all columns. Else the largest gains would make the weights of
  // their group coarse (Gemma 3 270M in groups of 32: twice the perplexity, +1 % with gains apart).
  bool fold_gains = false;
  // The Hadamard transforms of format int8: of the values of each head, folded into v and the
  // attention's output, and of the input of `down`, which the forward pass computes.
  bool rotate_values = false, rotate_down = false;
};
// For a model whose residual stream is `turned` or not.
WeightLayouts weight_layouts(WeightFormat format, const kernels::KernelTable& kernels, bool turned);

}  // namespace pincer
