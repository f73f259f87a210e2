#include <gtest/gtest.h>

#include "pincer/kernels/tuning.h"
#include "tests/kernels/support/gemm_case.h"

namespace pincer::kernels {
namespace {

const GemmKernel& best_gemm() { return *choose_kernels(isa_choice().isa).s8.gemm; }

// All threads' shares, one after the other, make the product.
TEST(ProductPlan, SharesMakeTheProduct) {
  test::FloatSource source(1);
  const GemmKernel& kernel = best_gemm();
  const test::GemmValues values = test::random_values(source, 8);
  for (const std::int64_t m : {1, 7, 70}) {
    test::GemmCase product(kernel.shape.layout(32), kernel, {m, 100, 64}, values, source);
    for (const Split split : {Split::panels, Split::rows}) {
      for (const int threads : {1, 2, 3, 16}) {
        product.clear();
        for (int thread = 0; thread < threads; ++thread) {
          kernel.fn(share_of({&kernel, threads, split}, product.args(), thread));
        }
        EXPECT_EQ(product.problem(), "") << m << " rows, " << threads << " threads";
      }
    }
  }
}

TEST(ProductPlan, SharesByRowsStartWithWholeTiles) {
  static constexpr GemmKernel kernel{{}, 6, 4, 4, 0, panels::any};
  GemmArgs args;
  args.m_end = 100;
  args.panel_end = 3;
  const ProductPlan plan{&kernel, 3, Split::rows};
  std::int64_t at = 0;
  for (int thread = 0; thread < 3; ++thread) {
    const GemmArgs share = share_of(plan, args, thread);
    EXPECT_EQ(share.m_begin, at);
    EXPECT_EQ(share.m_begin % kernel.ir, 0);
    EXPECT_EQ(share.panel_begin, 0);
    EXPECT_EQ(share.panel_end, 3);
    at = share.m_end;
  }
  EXPECT_EQ(at, 100);
}

TEST(ProductPlan, SaysWhatItIs) {
  static constexpr GemmKernel kernel{{"gemm", Isa::scalar, nullptr}, 6, 1, 1, 0, panels::any};
  EXPECT_EQ(describe({&kernel, 1, Split::panels}), "gemm, 1 thread");
  EXPECT_EQ(describe({&kernel, 2, Split::rows}), "gemm, 2 threads by rows");
}

}  // namespace
}  // namespace pincer::kernels
