#include "kernels/measure/product.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>

#include "pincer/kernels/measure/timing.h"

namespace pincer::kernels::measure {
namespace {

void run_once(Workload& workload, int threads) {
  for (int thread = 0; thread < threads; ++thread) workload.run(0, thread);
}

// All threads' shares together are the whole product, with the activations of both ways to
// quantize.
TEST(Products, AreRightForEveryKernel) {
  constexpr std::array kThreads = {1, 3};
  WeightStore store;
  int checked = 0;
  for (const Case& c : matching(cases(Effort::all, kThreads), "135M.o/ warm")) {
    if (!c.int8() || c.m > 16) continue;
    const auto workload = c.make(c, store);
    ASSERT_NE(workload, nullptr);
    run_once(*workload, c.threads);
    EXPECT_EQ(workload->problem(), "") << c.id();
    for (int thread = 0; thread < c.threads; ++thread) workload->quantize(thread);
    run_once(*workload, c.threads);
    EXPECT_EQ(workload->problem(), "") << c.id();
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

TEST(Products, ThatAreWrongAreFound) {
  GemmKernel lazy = gemm_kernels().back();
  lazy.fn = [](const GemmArgs&) noexcept {};
  const ElementwiseTable& ops = *elementwise_kernels().back().fn;
  WeightStore store;
  const Case c{.m = 2, .n = 40, .k = 96, .layout = Layout{}};
  const auto weights = store.get(*c.layout, c.n, c.k, 0);
  ASSERT_NE(weights, nullptr);
  Product product(lazy, ops, c, weights);
  run_once(product, 1);
  EXPECT_NE(product.problem(), "");
}

TEST(WeightStore, KeepsWhatServesTheNextCase) {
  WeightStore store;
  const Layout layout;
  const auto cold = store.get(layout, 40, 96, 100000);
  EXPECT_GE(cold->bytes(), 100000);
  EXPECT_NE(cold->matrix(0).header, cold->matrix(1).header);
  EXPECT_EQ(cold->matrix(cold->count()).header, cold->matrix(0).header);
  EXPECT_EQ(store.get(layout, 40, 96, 0), cold);
  EXPECT_NE(store.get(layout, 96, 40, 0), cold);
}

TEST(WeightStore, HasNothingWithoutMemory) {
  WeightStore store;
  EXPECT_EQ(store.get(Layout{}, 40, 96, std::int64_t{1} << 60), nullptr);
}

TEST(TimingConcurrency, TakesSamplesOfBothKinds) {
  constexpr std::array kThreads = {2};
  WeightStore store;
  const std::atomic<bool> stop = false;
  const std::vector<Case> found =
      matching(cases(Effort::all, kThreads), "gemv_s8s8_f32_scalar 135M.o/ s8g32/warm");
  ASSERT_EQ(found.size(), 1u);
  const Timing timing = time_case(found.front(), store, 1e-6, stop);
  EXPECT_EQ(timing.problem, "");
  EXPECT_GE(timing.ns.size(), 1u);
  EXPECT_GE(timing.quantized_ns.size(), 1u);
  for (const double ns : timing.ns) EXPECT_GT(ns, 0);
}

TEST(Timing, AddsUp) {
  Timing timing{.ns = {1}, .quantized_ns = {}, .problem = ""};
  timing.add({.ns = {2, 3}, .quantized_ns = {4}, .problem = "first"});
  timing.add({.ns = {}, .quantized_ns = {}, .problem = "second"});
  EXPECT_EQ(timing.ns, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(timing.quantized_ns, std::vector<double>{4});
  EXPECT_EQ(timing.problem, "first");
}

TEST(Timing, StopsWhenTold) {
  constexpr std::array kThreads = {1};
  WeightStore store;
  const std::atomic<bool> stop = true;
  const std::vector<Case> found = matching(cases(Effort::usual, kThreads), "rms_norm/135M");
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(time_case(found.front(), store, 1e9, stop).ns.empty());
}

TEST(Timing, SaysThatThereIsNoMemory) {
  Case c;
  c.make = [](const Case&, WeightStore&) -> std::unique_ptr<Workload> { return nullptr; };
  WeightStore store;
  EXPECT_NE(time_case(c, store, 1, std::atomic<bool>(false)).problem, "");
}

TEST(Summarize, TakesMedianAndQuartiles) {
  const Summary one = summarize({7});
  EXPECT_EQ(one.median, 7);
  EXPECT_EQ(one.spread, 0);
  const Summary five = summarize({50, 10, 20, 40, 30});
  EXPECT_EQ(five.median, 30);
  EXPECT_DOUBLE_EQ(five.spread, (40.0 - 20.0) / 2 / 30);
  EXPECT_EQ(summarize({1, 2, 3, 4}).median, 2.5);
}

}  // namespace
}  // namespace pincer::kernels::measure
