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

// Where the orthogonal matrix of rotation.h comes in. The residual stream: folded into what writes
// and reads it, at no cost. The inputs of the matrices that read it: the stream stays as it is, and
// each normalized row is turned after its gains and before it is quantized; for models whose
// outputs go through norms with gains, which do not commute with a turn, on their way to the stream
// (Gemma). Its gains stay apart: they make outliers of the stream small (folded into the weights,
// Gemma 3 270M has five times its perplexity in groups of 32).
enum class RotationTurn { stream, inputs };

struct WeightLayouts {
  kernels::Layout layers;  // of the other matrices in the layers
  kernels::Layout attention_output;
  kernels::Layout head;
  RotationTurn turn = RotationTurn::stream;
  // The Hadamard transforms of format int8: of the values of each head, folded into v and the
  // attention's output, and of the input of `down`, which the forward pass computes.
  bool rotate_values = false, rotate_down = false;
};
WeightLayouts weight_layouts(WeightFormat format, const kernels::KernelTable& kernels,
                             RotationTurn turn);

}  // namespace pincer
