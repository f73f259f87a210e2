#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <tuple>

#include "pincer/kernels/kernel_table.h"
#include "pincer/kernels/measure/case.h"

namespace pincer::kernels::measure {
namespace {

constexpr std::array kThreads = {1, 2};

std::set<std::string> ids(const std::vector<Case>& cases) {
  std::set<std::string> found;
  for (const Case& c : cases) EXPECT_TRUE(found.insert(c.id()).second) << c.id() << " stands twice";
  return found;
}

TEST(Cases, HaveNamesOfTheirOwnAndGrowWithTheEffort) {
  const auto quick = ids(cases(Effort::quick, kThreads));
  const auto usual = ids(cases(Effort::usual, kThreads));
  const auto all = ids(cases(Effort::all, kThreads));
  EXPECT_LT(quick.size(), usual.size());
  EXPECT_LT(usual.size(), all.size());
  EXPECT_TRUE(std::ranges::includes(usual, quick));
  EXPECT_TRUE(std::ranges::includes(all, usual));
}

template <class Row>
void expect_each(std::span<const Row> rows, const std::vector<Case>& cases) {
  for (const Row& row : rows) {
    const bool found = std::ranges::find(cases, row.name, &Case::kernel) != cases.end();
    EXPECT_EQ(found, isa_allowed(row.isa, isa_choice().isa)) << row.name;
  }
}

TEST(Cases, HaveEveryKernelThatRunsHere) {
  const std::vector<Case> usual = cases(Effort::usual, kThreads);
  expect_each(gemm_kernels(), usual);
  expect_each(gemv_kernels(), usual);
  expect_each(gemm_f32_kernels(), usual);
  expect_each(attention_kernels(), usual);
  expect_each(elementwise_kernels(), usual);
}

TEST(Cases, CountTheirWorkAndBytes) {
  const std::vector<Case> found =
      matching(cases(Effort::all, kThreads), "gemm_s8s8 135M.down/16x576x1536/s8g32/warm/t2");
  ASSERT_FALSE(found.empty());
  for (const Case& c : found) {
    EXPECT_EQ(c.macs, 16 * 576 * 1536);
    // 576 x 1536 bytes, a bf16 scale for 32 of them, and a header.
    EXPECT_EQ(c.bytes, 576 * 1536 + 576 * 1536 / 32 * 2 + 64);
    EXPECT_EQ(c.working_set(), c.bytes);
    EXPECT_EQ(c.threads, 2);
    EXPECT_TRUE(c.int8());
  }
}

TEST(Cases, OfFourBitsReadHalfTheBytes) {
  const std::vector<Case> found =
      matching(cases(Effort::all, kThreads), "gemm_s8s4 135M.down/16x576x1536/s4g32/warm/t2");
  ASSERT_FALSE(found.empty());
  for (const Case& c : found) {
    EXPECT_EQ(c.macs, 16 * 576 * 1536);
    EXPECT_EQ(c.bytes, 576 * 1536 / 2 + 576 * 1536 / 32 * 2 + 64);
    EXPECT_EQ(c.layout->bits, 4);
  }
}

TEST(Cases, ColdOnesAreLargerThanCaches) {
  for (const Case& c : cases(Effort::all, kThreads)) {
    if (c.cold) {
      EXPECT_GE(c.working_set(), std::int64_t{256} << 20) << c.id();
    }
  }
}

// Fused row operations are timed from memory, too: that is their limit.
TEST(Cases, HaveFusedRowOperationsAndRunThem) {
  WeightStore store;
  for (const char* op : {"add_norm_quantize", "add_norm_quantize_g32", "silu_rotate_quantize",
                         "silu_rotate_quantize_g32", "hadamard", "top_40"}) {
    const std::string words = std::string("elementwise /") + op + "/";
    const std::vector<Case> warm = matching(cases(Effort::quick, kThreads), words);
    ASSERT_EQ(warm.size(), 1u) << op;
    EXPECT_EQ(warm[0].bytes % (4 * warm[0].n), 0) << op;
    const auto workload = warm[0].make(warm[0], store);
    for (int turn = 0; turn < 3; ++turn) workload->run(turn, 0);
    EXPECT_EQ(workload->problem(), "");
    if (isa_choice().isa != Isa::scalar) {
      EXPECT_FALSE(matching(cases(Effort::usual, kThreads), words + " cold").empty()) << op;
    }
  }
}

TEST(Matching, WantsEveryWord) {
  const std::vector<Case> all = cases(Effort::usual, kThreads);
  EXPECT_EQ(matching(all, "").size(), all.size());
  EXPECT_TRUE(matching(all, "no-such-kernel").empty());
  const std::vector<Case> found = matching(all, " gemv  cold/t1 ");
  EXPECT_FALSE(found.empty());
  for (const Case& c : found) {
    EXPECT_TRUE(c.kernel.starts_with("gemv") && c.cold && c.threads == 1) << c.id();
  }
}

TEST(ByWeights, KeepsEqualOnesTogether) {
  const std::vector<Case> all = cases(Effort::all, kThreads);
  const auto key = [&all](std::size_t i) {
    const Layout layout = all[i].layout.value_or(Layout{});
    return std::tuple(all[i].int8(), all[i].n, all[i].k, layout.group, layout.nr, layout.kr,
                      layout.bits);
  };
  std::set<std::size_t> seen;
  std::set<decltype(key(0))> keys;
  for (const std::vector<std::size_t>& group : by_weights(all)) {
    ASSERT_FALSE(group.empty());
    EXPECT_TRUE(keys.insert(key(group.front())).second) << all[group.front()].id();
    for (const std::size_t i : group) {
      EXPECT_TRUE(seen.insert(i).second);
      EXPECT_EQ(key(i), key(group.front())) << all[i].id();
    }
  }
  EXPECT_EQ(seen.size(), all.size());
}

}  // namespace
}  // namespace pincer::kernels::measure
