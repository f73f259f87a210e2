#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "pincer/kernels/tuning.h"

namespace pincer::kernels {
namespace {

class Tune : public testing::Test {
 protected:
  void SetUp() override {
    if (products_.gemm->isa == Isa::scalar) GTEST_SKIP() << "scalar kernels are not tuned";
  }
  Tuning tune_by(const TimePlan& time) const {
    return tune(products_, limit_, 4, time, [] { return false; });
  }

  const Isa limit_ = isa_choice().isa;
  const ProductKernels products_ = choose_kernels(limit_).s8;
};

TEST_F(Tune, KeepsTheUsualPlanWhereNothingIsClearlyFaster) {
  const Tuning tuning = tune_by([this](const Band& band, const ProductPlan& plan, double) {
    return plan == usual_plan(products_, band, 4) ? 1.0 : 0.97;
  });
  for (const TunedBand& band : tuning.bands()) EXPECT_EQ(band.plan, band.usual);
}

// A plan that was lucky once is timed again, in turns with the usual one.
TEST_F(Tune, ALeadHasToHold) {
  bool disturbed = true;  // while the usual plan is timed first
  const Tuning calm = tune_by([&](const Band& band, const ProductPlan& plan, double) {
    if (plan == usual_plan(products_, band, 4)) return std::exchange(disturbed, false) ? 2.0 : 1.0;
    return 1.0;
  });
  EXPECT_EQ(calm.bands()[0].plan, calm.bands()[0].usual);
}

TEST_F(Tune, TakesTheFastestOfTheOthers) {
  // The last that every band may choose.
  const GemmKernel* fastest = kernels_for(products_, limit_, 512).back();
  const Tuning tuning = tune_by([&](const Band&, const ProductPlan& plan, double) {
    return (plan.kernel == fastest ? 5e-6 : 10e-6) * (plan.threads == 1 ? 0.9 : 1.0);
  });
  for (const TunedBand& band : tuning.bands()) {
    EXPECT_EQ(describe(band.plan), describe({fastest, 1, Split::panels}));
    EXPECT_DOUBLE_EQ(band.ns, 4.5e3);
  }
}

TEST_F(Tune, SplitsManyRowsByRowsWhereThatIsFaster) {
  const Tuning tuning = tune_by([](const Band&, const ProductPlan& plan, double) {
    return plan.split == Split::rows ? 0.5 : 1.0;
  });
  EXPECT_EQ(tuning.plan(512, 576, 576).split, Split::rows);
  EXPECT_EQ(tuning.plan(1, 576, 576).split, Split::panels);
}

// One thread wins over several only when the others have better things to do: not for long.
TEST_F(Tune, LongProductsStayOnAllThreads) {
  const Tuning tuning = tune_by(
      [](const Band&, const ProductPlan& plan, double) { return plan.threads == 1 ? 0.5 : 1.0; });
  for (const TunedBand& band : tuning.bands()) EXPECT_EQ(band.plan.threads, 4);
}

TEST_F(Tune, WhatIsLeftWhenTimeIsUpKeepsTheUsualPlan) {
  int timed = 0;
  const Tuning tuning = tune(
      products_, limit_, 4,
      [&](const Band&, const ProductPlan& plan, double) {
        ++timed;
        return plan.threads == 1 ? 5e-6 : 10e-6;
      },
      [&] { return timed > 0; });
  EXPECT_EQ(tuning.bands()[0].plan.threads, 1);
  for (const TunedBand& band : tuning.bands().subspan(1)) {
    EXPECT_EQ(band.plan, band.usual);
    EXPECT_EQ(band.ns, 0);
  }
}

// A plan need not be timed well to be known as slow.
TEST_F(Tune, SaysWhatIsInteresting) {
  tune_by([this](const Band& band, const ProductPlan& plan, double interesting) {
    if (!(plan == usual_plan(products_, band, 4))) {
      EXPECT_GE(interesting, 1.0);
      EXPECT_LE(interesting, 2.0);
    }
    return 1.0;
  });
}

TEST_F(Tune, OffersOnlyKernelsForTheLayoutThatMayRun) {
  for (const std::int64_t rows : {1, 16, 17}) {
    for (const GemmKernel* kernel : kernels_for(products_, limit_, rows)) {
      EXPECT_TRUE(kernel->shape.fits(products_.layout)) << kernel->name;
      EXPECT_TRUE(isa_allowed(kernel->isa, limit_)) << kernel->name;
      EXPECT_TRUE(kernel->few == 0 || rows <= kernel->few) << kernel->name;
    }
  }
}

TEST(Tuning, WithoutMeasuringIsTheUsualPlan) {
  const ProductKernels products = choose_kernels(isa_choice().isa).s8;
  const Tuning tuning(products, 3);
  for (const std::int64_t m : {1, 4, 64}) {
    EXPECT_EQ(tuning.plan(m, 576, 576), (ProductPlan{&products.for_rows(m), 3, Split::panels}));
  }
}

TEST(ProductTimer, RunsEveryPartOfThePlan) {
  const ProductKernels products = choose_kernels(isa_choice().isa).s8;
  std::set<int> parts;
  const TimePlan time =
      product_timer(products, [&](int threads, const std::function<void(int)>& work) {
        for (int thread = 0; thread < threads; ++thread) {
          parts.insert(thread);
          work(thread);
        }
      });
  EXPECT_GT(time({.rows = 1, .weights = 1 << 20}, {products.gemv, 3, Split::panels}, 1), 0);
  EXPECT_EQ(parts, (std::set{0, 1, 2}));
}

}  // namespace
}  // namespace pincer::kernels
