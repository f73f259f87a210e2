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

TEST(KernelLists, EndWithScalarProductsOfEitherWidth) {
  for (const std::span<const GemmKernel> rows : {gemm_kernels(), gemv_kernels()}) {
    for (const int bits : {8, 4}) {
      const auto last = std::ranges::find_if(
          rows.rbegin(), rows.rend(), [=](const auto& row) { return row.shape.bits == bits; });
      ASSERT_NE(last, rows.rend());
      EXPECT_EQ(last->isa, Isa::scalar) << bits;
      EXPECT_TRUE(last->shape.any()) << bits;
    }
  }
}

TEST(ChooseKernels, TakesWhatTheLimitAllows) {
  for (const Isa limit : known_isas()) {
    const KernelTable table = choose_kernels(limit);
    ASSERT_NE(table.gemm_f32, nullptr);
    ASSERT_NE(table.attention, nullptr);
    ASSERT_NE(table.elementwise, nullptr);
    for (const Isa isa : {table.gemm_f32->isa, table.attention->isa, table.elementwise->isa}) {
      EXPECT_TRUE(isa_allowed(isa, limit)) << isa_name(isa) << " under " << isa_name(limit);
    }
  }
}

// Of the width that the parameter says.
class ChooseProducts : public testing::TestWithParam<int> {
 protected:
  static ProductKernels choose(Isa limit) {
    const KernelTable table = choose_kernels(limit);
    return GetParam() == 4 ? table.s4 : table.s8;
  }
};

TEST_P(ChooseProducts, TakesWhatTheLimitAllows) {
  for (const Isa limit : known_isas()) {
    const ProductKernels chosen = choose(limit);
    ASSERT_NE(chosen.gemm, nullptr);
    ASSERT_NE(chosen.gemv, nullptr);
    for (const GemmKernel* kernel : {chosen.gemm, chosen.gemv, chosen.gemm_few}) {
      if (kernel == nullptr) continue;
      EXPECT_TRUE(isa_allowed(kernel->isa, limit)) << kernel->name << " under " << isa_name(limit);
      EXPECT_EQ(kernel->shape.bits, GetParam()) << kernel->name;
    }
    if (chosen.gemm_few != nullptr) {
      EXPECT_GT(chosen.gemm_few->few, 1);
    }
  }
}

TEST_P(ChooseProducts, TakesTheFirstAllowedRow) {
  for (const Isa limit : known_isas()) {
    for (const GemmKernel& row : gemm_kernels()) {
      if (row.shape.bits != GetParam() || !isa_allowed(row.isa, limit)) continue;
      EXPECT_EQ(choose(limit).gemm, &row) << isa_name(limit);
      break;
    }
  }
}

TEST_P(ChooseProducts, GemmAndGemvReadTheSameLayout) {
  for (const Isa limit : known_isas()) {
    const ProductKernels chosen = choose(limit);
    EXPECT_TRUE(chosen.gemm->shape.fits(chosen.layout)) << isa_name(limit);
    EXPECT_TRUE(chosen.gemv->shape.fits(chosen.layout)) << isa_name(limit);
    if (chosen.gemm_few != nullptr) {
      EXPECT_TRUE(chosen.gemm_few->shape.fits(chosen.layout)) << isa_name(limit);
    }
    EXPECT_EQ(chosen.layout.bits, GetParam());
    EXPECT_EQ(chosen.layout.group, 32);
    EXPECT_EQ(chosen.layout.k_align % chosen.layout.group, 0);
    EXPECT_EQ(chosen.layout.k_align % (chosen.layout.kr * 8 / GetParam()), 0);
  }
}

// On an emulated CPU a choice that it cannot run ends the program.
TEST_P(ChooseProducts, RunOnThisMachine) {
  test::FloatSource source(1);
  const test::GemmValues values = test::random_values(source, GetParam());
  for (const Isa limit : known_isas()) {
    const ProductKernels chosen = choose(limit);
    for (const std::int64_t m : {1, 5, 40}) {
      const GemmKernel& kernel = chosen.for_rows(m);
      test::GemmCase product(chosen.layout, kernel, {m, 37, 96}, values, source);
      kernel.fn(product.args());
      EXPECT_EQ(product.problem(), "") << kernel.name << " under " << isa_name(limit);
    }
  }
}

TEST_P(ChooseProducts, ScalarReadsTheWeightsOfTheBestKernels) {
  const ProductKernels scalar = choose(Isa::scalar);
  EXPECT_EQ(scalar.layout, choose(known_isas().back()).layout);
  EXPECT_EQ(scalar.gemm->isa, Isa::scalar);
  EXPECT_EQ(scalar.gemv->isa, Isa::scalar);
}

INSTANTIATE_TEST_SUITE_P(Bits, ChooseProducts, testing::Values(8, 4));

TEST(ProductKernels, AreChosenByTheNumberOfRows) {
  static constexpr GemmKernel gemm{}, gemv{}, few{{}, 4, 1, 1, 16, panels::any};
  ProductKernels products;
  products.gemm = &gemm;
  products.gemv = &gemv;
  EXPECT_EQ(&products.for_rows(1), &gemv);
  EXPECT_EQ(&products.for_rows(2), &gemm);
  products.gemm_few = &few;
  EXPECT_EQ(&products.for_rows(1), &gemv);
  EXPECT_EQ(&products.for_rows(2), &few);
  EXPECT_EQ(&products.for_rows(16), &few);
  EXPECT_EQ(&products.for_rows(17), &gemm);
}

}  // namespace
}  // namespace pincer::kernels
