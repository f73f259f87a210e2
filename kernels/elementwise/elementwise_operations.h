// The whole ElementwiseTable of one ISA. Each ISA's .cpp makes its table from its register_*.h.
#pragma once

#include "kernels/elementwise/quantize_row.h"
#include "kernels/elementwise/row_operations.h"
#include "pincer/kernels/elementwise.h"

namespace pincer::kernels {
namespace {

template <class Register>
constexpr ElementwiseTable elementwise_operations() {
  return {
      .rms_norm = rms_norm<Register>,
      .softmax = softmax<Register>,
      .rope = rope<Register>,
      .silu_mul = silu_mul<Register>,
      .gelu_mul = gelu_mul<Register>,
      .add = add<Register>,
      .quantize_row = quantize_row<Register>,
  };
}

}  // namespace
}  // namespace pincer::kernels
