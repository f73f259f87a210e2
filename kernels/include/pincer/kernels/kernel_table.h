// Dispatch as data: every kernel of this build with its requirements; the best that the CPU (and
// PINCER_FORCE_ISA) allows is chosen once, when weights are loaded. The lists are
// kernels/<op>/kernels.inc, best first.
#pragma once

#include <span>
#include <string_view>

#include "pincer/kernels/attention.h"
#include "pincer/kernels/attention_s8.h"
#include "pincer/kernels/cpu.h"
#include "pincer/kernels/elementwise.h"
#include "pincer/kernels/gemm.h"
#include "pincer/kernels/panel_shape.h"

namespace pincer::kernels {

template <class Fn>
struct Kernel {
  std::string_view name;  // the symbol
  Isa isa;
  Fn fn;
};

// A GEMM or GEMV kernel is tied to one panel shape, or to one width of weights; group and
// per-channel scales are both handled.
struct GemmKernel : Kernel<GemmFn> {
  std::uint16_t mr;   // rows of its tile
  std::uint16_t ir;   // how many rows of activations it wants interleaved (QuantizedRows::ir),
  std::uint16_t ik;   //   and how many values of each side by side (QuantizedRows::ik)
  std::uint16_t few;  // not 0: it is for products of at most so many rows
  PanelShape shape;
};
using AttentionKernel = Kernel<AttentionFn>;
using AttentionF16Kernel = Kernel<AttentionF16Fn>;
struct AttentionS8Kernel : Kernel<AttentionS8Fn> {
  KvShape shape;
};
using ElementwiseKernel = Kernel<const ElementwiseTable*>;
using GemmF32Kernel = Kernel<GemmF32Fn>;

// Best first, those for 8 and for 4 bits (shape.bits) in one list.
std::span<const GemmKernel> gemm_kernels();
std::span<const GemmKernel> gemm_few_kernels();  // may be empty
std::span<const GemmKernel> gemv_kernels();
std::span<const AttentionKernel> attention_kernels();
std::span<const AttentionF16Kernel> attention_f16_kernels();
std::span<const AttentionS8Kernel> attention_s8_kernels();
std::span<const ElementwiseKernel> elementwise_kernels();
std::span<const GemmF32Kernel> gemm_f32_kernels();

// The kernels for products with weights of one width, which all read `layout`.
struct ProductKernels {
  const GemmKernel* gemm = nullptr;
  const GemmKernel* gemm_few = nullptr;  // m <= gemm_few->few; null when gemm does these as well
  const GemmKernel* gemv = nullptr;      // m == 1
  Layout layout;                         // how weights for these kernels are packed, group 32

  // The kernel for a product of `m` rows.
  const GemmKernel& for_rows(std::int64_t m) const {
    if (m == 1) return *gemv;
    return gemm_few != nullptr && m <= gemm_few->few ? *gemm_few : *gemm;
  }
};

// The choice under `limit`: what the forward pass holds.
struct KernelTable {
  ProductKernels s8, s4;  // weights of 8 bits, of 4 bits
  const AttentionKernel* attention = nullptr;
  const AttentionF16Kernel* attention_f16 = nullptr;
  const AttentionS8Kernel* attention_s8 = nullptr;
  const ElementwiseKernel* elementwise = nullptr;
  const GemmF32Kernel* gemm_f32 = nullptr;
};
KernelTable choose_kernels(Isa limit);

}  // namespace pincer::kernels
