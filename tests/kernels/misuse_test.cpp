#include "pincer/kernels/misuse.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/kernels/support/gemm_case.h"

namespace pincer::kernels {
namespace {

const GemmKernel& best_gemm() { return *choose_kernels(isa_choice().isa).s8.gemm; }

class GemmMisuse : public testing::Test {
 protected:
  GemmMisuse() {
    test::FloatSource source(1);
    product_ = std::make_unique<test::GemmCase>(best_gemm().shape.layout(32), best_gemm(),
                                                test::GemmShape{4, 40, 96},
                                                test::random_values(source), source);
  }
  std::string after(const std::function<void(GemmArgs&)>& change) {
    GemmArgs args = product_->args();
    change(args);
    return misuse(best_gemm(), args);
  }
  std::unique_ptr<test::GemmCase> product_;
};

TEST_F(GemmMisuse, RightCallsAreNot) {
  EXPECT_EQ(after([](GemmArgs&) {}), "");
  EXPECT_EQ(after([](GemmArgs& a) { a.m_end = 0; }), "");
}

TEST_F(GemmMisuse, SaysWhatWasExpected) {
  struct Case {
    std::function<void(GemmArgs&)> change;
    std::string message;
  };
  const Case cases[] = {
      {[](GemmArgs& a) { a.w.header = nullptr; }, "no weights"},
      {[](GemmArgs& a) {
         a.w.header =
             reinterpret_cast<const PackedHeader*>(reinterpret_cast<const char*>(a.w.header) + 4);
       },
       "not aligned to 64 bytes"},
      {[](GemmArgs& a) { a.m_end = 5; }, "m_end is 5, expected at most the rows of activations, 4"},
      {[](GemmArgs& a) { a.m_begin = a.m_end + 1; }, "m_begin is 5, expected 0 .. m_end = 4"},
      {[](GemmArgs& a) { a.panel_end = 99; }, "panel_end is 99, expected at most the panels"},
      {[](GemmArgs& a) { a.a.groups = 1; },
       "groups of activations is 1, expected those of the weights, 3"},
      {[](GemmArgs& a) { a.a.stride = 64; },
       "stride of activations is 64, expected at least k padded, 128"},
      {[](GemmArgs& a) { a.c_stride = 39; },
       "stride of the result is 39, expected at least n = 40"},
      {[](GemmArgs& a) { a.c = nullptr; }, "is null"},
  };
  for (const Case& c : cases) {
    const std::string said = after(c.change);
    EXPECT_NE(said.find(c.message), std::string::npos) << said << " / " << c.message;
    EXPECT_EQ(said.find(best_gemm().name), 0u) << said;
  }
}

TEST_F(GemmMisuse, NamesTheLayoutThatWasExpected) {
  if (best_gemm().shape.any()) GTEST_SKIP() << "this CPU's best kernel takes any layout";
  test::FloatSource source(2);
  test::GemmCase other({.nr = 5, .kr = 4, .group = 32}, gemm_kernels().back(), {2, 20, 64},
                       test::random_values(source), source);
  const std::string said = misuse(best_gemm(), other.args());
  EXPECT_NE(said.find("layout nr 5 kr 4"), std::string::npos) << said;
  EXPECT_NE(said.find("expected nr"), std::string::npos) << said;
}

// Also the kernels that read any layout read one width only.
TEST_F(GemmMisuse, NamesTheWidthThatWasExpected) {
  for (const GemmKernel& kernel : gemm_kernels()) {
    GemmArgs args = product_->args();
    args.a.ir = kernel.ir;
    if (kernel.shape.bits == best_gemm().shape.bits) continue;
    const std::string said = misuse(kernel, args);
    EXPECT_NE(said.find("bits 8, expected"), std::string::npos) << said;
    EXPECT_NE(said.find("bits 4", said.find("expected")), std::string::npos) << said;
  }
}

TEST(AttentionMisuse, SaysWhatWasExpected) {
  const AttentionS8Kernel& kernel = attention_s8_kernels().back();
  EXPECT_EQ(misuse(kernel, {.head_dim = 64}), "");
  EXPECT_NE(misuse(kernel, {.head_dim = 40}).find("head_dim is 40, expected a multiple of 16"),
            std::string::npos);
  EXPECT_NE(misuse(kernel, {.head_dim = 512}).find("at most 256"), std::string::npos);
  EXPECT_NE(misuse(kernel, {.rows = 1, .head_dim = 64}).find("null"), std::string::npos);
  const std::int32_t nothing = 0;
  const std::int64_t offset = 0;
  float row[64] = {};
  const std::uint8_t* const blocks[1] = {};
  const std::string said = misuse(kernel, {.q = row,
                                           .q_offset = &offset,
                                           .kv_end = &nothing,
                                           .rows = 1,
                                           .blocks = blocks,
                                           .head_dim = 64,
                                           .out = row});
  EXPECT_NE(said.find("kv_begin is 0, expected 0 or more and below kv_end = 0"), std::string::npos)
      << said;
}

#ifndef NDEBUG
TEST_F(GemmMisuse, EndsADebugBuild) {
  GemmArgs args = product_->args();
  args.m_end = 5;
  EXPECT_DEATH(call(best_gemm(), args), "wrong call of gemm.*m_end is 5, expected at most");
}
#endif

}  // namespace
}  // namespace pincer::kernels
