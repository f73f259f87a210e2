#include "pincer/kernels/kernel_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "pincer/kernels/limits.h"
#include "tests/kernels/support/gemm_case.h"

namespace pincer::kernels {
namespace {

template <class Row>
void expect_sound_list(std::span<const Row> rows, std::set<std::string>& names) {
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows.back().isa, Isa::scalar) << "every machine must find a row";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(names.insert(std::string(rows[i].name)).second) << rows[i].name << " stands twice";
    if (i > 0) {
      EXPECT_LE(rows[i].isa, rows[i - 1].isa) << rows[i].name << " is not best first";
    }
    EXPECT_NE(rows[i].fn, nullptr);
  }
}

TEST(KernelLists, AreBestFirstUniqueAndEndWithScalar) {
  std::set<std::string> names;
  expect_sound_list(gemm_kernels(), names);
  expect_sound_list(gemv_kernels(), names);
  expect_sound_list(gemm_f32_kernels(), names);
  expect_sound_list(attention_kernels(), names);
  expect_sound_list(attention_f16_kernels(), names);
  expect_sound_list(attention_s8_kernels(), names);
  expect_sound_list(elementwise_kernels(), names);
  expect_sound_list(peak_kernels(), names);
  expect_sound_list(read_kernels(), names);
}

TEST(ChooseKernels, TakesWhatTheLimitAllows) {
  for (const Isa limit : known_isas()) {
    const KernelTable table = choose_kernels(limit);
    ASSERT_NE(table.gemm, nullptr);
    ASSERT_NE(table.gemv, nullptr);
    ASSERT_NE(table.gemm_f32, nullptr);
    ASSERT_NE(table.attention, nullptr);
    ASSERT_NE(table.elementwise, nullptr);
    for (const Isa isa : {table.gemm->isa, table.gemv->isa, table.gemm_f32->isa,
                          table.attention->isa, table.elementwise->isa}) {
      EXPECT_TRUE(isa_allowed(isa, limit)) << isa_name(isa) << " under " << isa_name(limit);
    }
  }
}

TEST(ChooseKernels, TakesTheFirstAllowedRow) {
  for (const Isa limit : known_isas()) {
    const KernelTable table = choose_kernels(limit);
    for (const GemmKernel& row : gemm_kernels()) {
      if (!isa_allowed(row.isa, limit)) continue;
      EXPECT_EQ(table.gemm, &row) << isa_name(limit);
      break;
    }
  }
}

TEST(ChooseKernels, GemmAndGemvReadTheSameLayout) {
  for (const Isa limit : known_isas()) {
    const KernelTable table = choose_kernels(limit);
    EXPECT_TRUE(table.gemm->shape.fits(table.layout)) << isa_name(limit);
    EXPECT_TRUE(table.gemv->shape.fits(table.layout)) << isa_name(limit);
    if (table.gemm_few != nullptr) {
      EXPECT_TRUE(table.gemm_few->shape.fits(table.layout)) << isa_name(limit);
    }
    EXPECT_EQ(table.layout.group, 32);
    EXPECT_EQ(table.layout.k_align % table.layout.group, 0);
    EXPECT_EQ(table.layout.k_align % table.layout.kr, 0);
  }
}

// On an emulated CPU a choice that it cannot run ends the program.
TEST(ChooseKernels, RunsOnThisMachine) {
  test::FloatSource source(1);
  const test::GemmValues values = test::random_values(source);
  for (const Isa limit : known_isas()) {
    const KernelTable table = choose_kernels(limit);
    for (const auto& [kernel, m] : {std::pair{table.gemm, 5}, {table.gemv, 1}}) {
      test::GemmCase product(table.layout, *kernel, {m, 37, 96}, values, source);
      kernel->fn(product.args());
      EXPECT_EQ(product.problem(), "") << kernel->name << " under " << isa_name(limit);
    }
  }
}

TEST(ChooseKernels, ChoosesByTheNumberOfRows) {
  static constexpr GemmKernel gemm{}, gemv{}, few{{}, 4, 1, 1, 16, panels::any};
  KernelTable table;
  table.gemm = &gemm;
  table.gemv = &gemv;
  EXPECT_EQ(&table.for_rows(1), &gemv);
  EXPECT_EQ(&table.for_rows(2), &gemm);
  table.gemm_few = &few;
  EXPECT_EQ(&table.for_rows(1), &gemv);
  EXPECT_EQ(&table.for_rows(2), &few);
  EXPECT_EQ(&table.for_rows(16), &few);
  EXPECT_EQ(&table.for_rows(17), &gemm);
}

TEST(ChooseKernels, FewRowsRunUnderTheLimit) {
  for (const Isa limit : known_isas()) {
    const GemmKernel* few = choose_kernels(limit).gemm_few;
    if (few == nullptr) continue;
    EXPECT_TRUE(isa_allowed(few->isa, limit)) << few->name << " under " << isa_name(limit);
    EXPECT_GT(few->few, 1) << few->name;
  }
}

TEST(ChooseKernels, ScalarReadsTheWeightsOfTheBestKernels) {
  EXPECT_EQ(choose_kernels(Isa::scalar).layout, choose_kernels(known_isas().back()).layout);
  EXPECT_EQ(choose_kernels(Isa::scalar).gemm->isa, Isa::scalar);
  EXPECT_EQ(choose_kernels(Isa::scalar).gemv->isa, Isa::scalar);
}

}  // namespace
}  // namespace pincer::kernels
