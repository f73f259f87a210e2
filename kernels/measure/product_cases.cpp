// GEMM and GEMV.
#include <algorithm>

#include "kernels/measure/case_lists.h"
#include "kernels/measure/product.h"
#include "kernels/measure/shapes.h"
#include "pincer/kernels/pack.h"

namespace pincer::kernels::measure {
namespace {

// The scalar kernels read any layout; they get that of the best kernel.
Layout layout_for(const GemmKernel& kernel, std::uint16_t group) {
  if (!kernel.shape.any()) return kernel.shape.layout(group);
  const KernelTable table = choose_kernels(isa_choice().isa);
  Layout layout = kernel.shape.bits == 4 ? table.s4.layout : table.s8.layout;
  layout.group = group;
  return layout;
}

bool wanted(const Selection& s, const LayerShape& shape, Isa isa, std::int64_t m,
            std::uint16_t group, bool cold) {
  if (cold && m > kMostColdRows) return false;
  // A thousandth of the speed: a large product would take minutes.
  if (isa == Isa::scalar && (shape.model != kLayerShapes[0].model || m > kMostColdRows)) {
    return false;
  }
  if (s.effort == Effort::all) return true;
  if (!shape.telling) return false;
  // One scale a channel costs nothing where scales for every 32 do not already.
  if (group == 0 && (s.effort == Effort::quick || m != 512)) return false;
  if (m == 1 || m == 512) return true;
  return s.effort == Effort::usual && (m == 4 || m == 16) && !cold;
}

void add(const Selection& s, const GemmKernel& kernel, const LayerShape& shape, std::int64_t m,
         std::uint16_t group, bool cold, std::vector<Case>& out) {
  const Layout layout = layout_for(kernel, group);
  const PackedHeader header = make_packed_header(layout, shape.n, shape.k);
  Case c{.kernel = kernel.name,
         .op = kernel.name.substr(0, kernel.name.find('_')),
         .isa = kernel.isa,
         .model = shape.model,
         .layer = shape.layer,
         .m = m,
         .n = shape.n,
         .k = shape.k,
         .cold = cold,
         .layout = layout,
         .macs = m * shape.n * shape.k,
         .bytes = static_cast<std::int64_t>(header.bytes)};
  c.make = [&kernel, bytes = cold ? s.cold_bytes : 0](
               const Case& self, WeightStore& store) -> std::unique_ptr<Workload> {
    auto weights = store.get(*self.layout, self.n, self.k, bytes);
    if (!weights) return nullptr;
    const ElementwiseTable& ops = *choose_kernels(isa_choice().isa).elementwise->fn;
    auto product = std::make_unique<Product>(kernel, ops, self, std::move(weights));
    return product->valid() ? std::move(product) : nullptr;
  };
  for (const int threads : s.threads) {
    c.threads = threads;
    out.push_back(c);
  }
}

// With Effort::quick those of the best ISA for either width of weights.
std::vector<const GemmKernel*> runnable_products(std::span<const GemmKernel> kernels,
                                                 Effort effort) {
  std::vector<const GemmKernel*> found;
  for (const GemmKernel* kernel : runnable(kernels, Effort::usual)) {
    const auto best = std::ranges::find_if(found, [kernel](const GemmKernel* other) {
      return other->shape.bits == kernel->shape.bits;
    });
    if (effort == Effort::quick && best != found.end() && (*best)->isa != kernel->isa) continue;
    found.push_back(kernel);
  }
  return found;
}

void add_list(const Selection& s, std::span<const GemmKernel> kernels, bool one_row,
              std::vector<Case>& out) {
  for (const GemmKernel* kernel : runnable_products(kernels, s.effort)) {
    for (const LayerShape& shape : kLayerShapes) {
      for (const std::int64_t m : kRows) {
        if ((m == 1) != one_row || (kernel->few != 0 && m > kernel->few)) continue;
        for (const std::uint16_t group : {32, 0}) {
          for (const bool cold : {false, true}) {
            if (wanted(s, shape, kernel->isa, m, group, cold)) {
              add(s, *kernel, shape, m, group, cold, out);
            }
          }
        }
      }
    }
  }
}

}  // namespace

void add_product_cases(const Selection& s, std::vector<Case>& out) {
  add_list(s, gemv_kernels(), true, out);
  add_list(s, gemm_few_kernels(), false, out);
  add_list(s, gemm_kernels(), false, out);
}

}  // namespace pincer::kernels::measure
