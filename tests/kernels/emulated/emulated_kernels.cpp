#include "tests/kernels/emulated/emulated_kernels.h"

namespace pincer::kernels {
#define PINCER_EMULATED_GEMM(kernel, isa, mr, ir, ik, shape) \
  void emulated_##kernel(const GemmArgs& args) noexcept;
#include "tests/kernels/emulated/kernels.inc"
}  // namespace pincer::kernels

namespace pincer::test {
namespace {

using kernels::GemmKernel;
using kernels::Isa;
namespace panels = kernels::panels;

// A list may be empty, an array may not: the last element is no row.
constexpr GemmKernel kRows[] = {
#define PINCER_EMULATED_GEMM(kernel, isa, mr, ir, ik, shape) \
  GemmKernel{                                                \
      {"emulated_" #kernel, Isa::isa, kernels::emulated_##kernel}, mr, ir, ik, 0, panels::shape},
#include "tests/kernels/emulated/kernels.inc"
    GemmKernel{}};

}  // namespace

std::span<const GemmKernel> emulated_gemm_kernels() {
  return std::span(kRows).first(std::size(kRows) - 1);
}

}  // namespace pincer::test
