// The whole ElementwiseTable of one ISA. Each ISA's .cpp makes its table from its register_*.h.
#pragma once

#include "kernels/elementwise/activation.h"
#include "kernels/elementwise/hadamard.h"
#include "kernels/elementwise/quantize_row.h"
#include "kernels/elementwise/rms_norm.h"
#include "kernels/elementwise/row_operations.h"
#include "kernels/elementwise/top_k.h"
#include "pincer/kernels/elementwise.h"

namespace pincer::kernels {
namespace {

template <class Register>
constexpr ElementwiseTable elementwise_operations() {
  return {
      .rms_norm = rms_norm<Register>,
      .softmax = softmax<Register>,
      .rope = rope<Register>,
      .silu_mul = activate<Register, SiluMul<Register>>,
      .gelu_mul = activate<Register, GeluMul<Register>>,
      .add = add<Register>,
      .quantize_row = quantize_row<Register>,
      .add_norm_quantize = add_norm_quantize<Register>,
      .hadamard = hadamard<Register>,
      .silu_rotate_quantize = activate_rotate_quantize<Register, SiluMul<Register>>,
      .gelu_rotate_quantize = activate_rotate_quantize<Register, GeluMul<Register>>,
      .top_k = top_k<Register>,
  };
}

}  // namespace
}  // namespace pincer::kernels
