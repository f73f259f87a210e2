#include "pincer/kernels/kernel_table.h"

#include <algorithm>

#include "kernels/cpu/arch.h"

namespace pincer::kernels {

// The declarations of all kernels.
#define PINCER_GEMM(symbol, isa, mr, ir, ik, shape) void symbol(const GemmArgs&) noexcept;
#define PINCER_GEMM_FEW(symbol, isa, mr, rows, shape) void symbol(const GemmArgs&) noexcept;
#define PINCER_GEMM_F32(symbol, isa) void symbol(const GemmF32Args&) noexcept;
#include "kernels/gemm/kernels.inc"
#define PINCER_GEMV(symbol, isa, shape) void symbol(const GemmArgs&) noexcept;
#include "kernels/gemv/kernels.inc"
#define PINCER_ATTENTION(symbol, isa) void symbol(const AttentionArgs&) noexcept;
#define PINCER_ATTENTION_F16(symbol, isa) void symbol(const AttentionF16Args&) noexcept;
#define PINCER_ATTENTION_S8(symbol, isa, k_offset, v_offset, kr) \
  void symbol(const AttentionS8Args&) noexcept;
#include "kernels/attention/kernels.inc"
#define PINCER_ELEMENTWISE(symbol, isa) extern const ElementwiseTable symbol;
#include "kernels/elementwise/kernels.inc"
#undef PINCER_ELEMENTWISE

namespace {

constexpr GemmF32Kernel kGemmF32[] = {
#define PINCER_GEMM_F32(symbol, isa) GemmF32Kernel{#symbol, Isa::isa, symbol},
#include "kernels/gemm/kernels.inc"
};

constexpr AttentionKernel kAttention[] = {
#define PINCER_ATTENTION(symbol, isa) AttentionKernel{#symbol, Isa::isa, symbol},
#include "kernels/attention/kernels.inc"
};

constexpr AttentionF16Kernel kAttentionF16[] = {
#define PINCER_ATTENTION_F16(symbol, isa) AttentionF16Kernel{#symbol, Isa::isa, symbol},
#include "kernels/attention/kernels.inc"
};

constexpr AttentionS8Kernel kAttentionS8[] = {
#define PINCER_ATTENTION_S8(symbol, isa, k_offset, v_offset, kr) \
  AttentionS8Kernel{{#symbol, Isa::isa, symbol}, {k_offset, v_offset, kr}},
#include "kernels/attention/kernels.inc"
};

constexpr ElementwiseKernel kElementwise[] = {
#define PINCER_ELEMENTWISE(symbol, isa) ElementwiseKernel{#symbol, Isa::isa, &symbol},
#include "kernels/elementwise/kernels.inc"
#undef PINCER_ELEMENTWISE
};

// The first row that may run; every list ends with scalar ones.
template <class Row>
const Row* first_allowed(std::span<const Row> rows, Isa limit) {
  const auto it =
      std::ranges::find_if(rows, [limit](const Row& row) { return isa_allowed(row.isa, limit); });
  return it == rows.end() ? nullptr : &*it;
}

const GemmKernel* first_fitting(std::span<const GemmKernel> rows, Isa limit, const Layout& layout) {
  const auto it = std::ranges::find_if(rows, [&](const GemmKernel& row) {
    return isa_allowed(row.isa, limit) && row.shape.fits(layout);
  });
  return it == rows.end() ? nullptr : &*it;
}

// The layout that `gemm` reads. A kernel that reads any gets that of the CPU's best kernel for the
// same bits, so that weights packed for one choice serve the other too.
Layout layout_of(const GemmKernel& gemm) {
  const auto rows = gemm_kernels();
  const auto tuned = std::ranges::find_if(rows, [&gemm](const GemmKernel& row) {
    return row.shape.bits == gemm.shape.bits && !row.shape.any() && cpu_supports(row.isa);
  });
  const GemmKernel& row = gemm.shape.any() && tuned != rows.end() ? *tuned : gemm;
  return row.shape.layout(32);
}

ProductKernels choose_products(Isa limit, int bits) {
  ProductKernels products;
  products.gemm = &*std::ranges::find_if(gemm_kernels(), [=](const GemmKernel& row) {
    return row.shape.bits == bits && isa_allowed(row.isa, limit);
  });
  products.layout = layout_of(*products.gemm);
  products.gemm_few = first_fitting(gemm_few_kernels(), limit, products.layout);
  products.gemv = first_fitting(gemv_kernels(), limit, products.layout);  // at least the scalar one
  return products;
}

}  // namespace

// Filled at the first call: rows may count vectors of this machine.
std::span<const GemmKernel> gemm_kernels() {
  static const GemmKernel rows[] = {
#define PINCER_GEMM(symbol, isa, mr, ir, ik, shape) \
  GemmKernel{{#symbol, Isa::isa, symbol}, mr, ir, ik, 0, panels::shape},
#include "kernels/gemm/kernels.inc"
  };
  return rows;
}

// The list may be empty, an array may not: the last element is no row.
std::span<const GemmKernel> gemm_few_kernels() {
  static const GemmKernel rows[] = {
#define PINCER_GEMM_FEW(symbol, isa, mr, rows, shape) \
  GemmKernel{{#symbol, Isa::isa, symbol}, mr, 1, 1, rows, panels::shape},
#include "kernels/gemm/kernels.inc"
      GemmKernel{}};
  return std::span(rows).first(std::size(rows) - 1);
}

std::span<const GemmKernel> gemv_kernels() {
  static const GemmKernel rows[] = {
#define PINCER_GEMV(symbol, isa, shape) \
  GemmKernel{{#symbol, Isa::isa, symbol}, 1, 1, 1, 0, panels::shape},
#include "kernels/gemv/kernels.inc"
  };
  return rows;
}
std::span<const AttentionKernel> attention_kernels() { return kAttention; }
std::span<const AttentionF16Kernel> attention_f16_kernels() { return kAttentionF16; }
std::span<const AttentionS8Kernel> attention_s8_kernels() { return kAttentionS8; }
std::span<const ElementwiseKernel> elementwise_kernels() { return kElementwise; }
std::span<const GemmF32Kernel> gemm_f32_kernels() { return kGemmF32; }

KernelTable choose_kernels(Isa limit) {
  KernelTable table;
  table.s8 = choose_products(limit, 8);
  table.s4 = choose_products(limit, 4);
  table.attention = first_allowed<AttentionKernel>(kAttention, limit);
  table.attention_f16 = first_allowed<AttentionF16Kernel>(kAttentionF16, limit);
  table.attention_s8 = first_allowed<AttentionS8Kernel>(kAttentionS8, limit);
  table.elementwise = first_allowed<ElementwiseKernel>(kElementwise, limit);
  table.gemm_f32 = first_allowed<GemmF32Kernel>(kGemmF32, limit);
  return table;
}

}  // namespace pincer::kernels
