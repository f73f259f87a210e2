// Kernels for SME leave ZA to those who had it before, as the SME ABI wants it (AAPCS64, "The lazy
// saving scheme"): contents that somebody left there, with TPIDR2_EL0 pointing to a description of
// where they are to go, are saved, and afterwards neither ZA nor the pointer is in use.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/kernels/support/gemm_case.h"

namespace pincer::kernels {
namespace {

// Turns ZA on, fills it from `contents` and points TPIDR2_EL0 to `block`.
extern "C" void pincer_leave_za(const void* contents, const void* block);
// TPIDR2_EL0, or'ed with the state of ZA and of streaming mode.
extern "C" std::uint64_t pincer_sme_state();
// The bytes in a row of ZA, which has as many rows.
extern "C" std::uint64_t pincer_sme_vector_bytes();
__asm__(R"(
  .pushsection .text
  .arch_extension sme
pincer_leave_za:
  smstart za
  rdsvl x9, #1
  mov w12, #0
1:
  ldr za[w12, 0], [x0]
  addsvl x0, x0, #1
  add w12, w12, #1
  cmp w12, w9
  b.ne 1b
  msr TPIDR2_EL0, x1
  ret
pincer_sme_state:
  mrs x0, TPIDR2_EL0
  mrs x9, SVCR
  orr x0, x0, x9
  ret
pincer_sme_vector_bytes:
  rdsvl x0, #1
  ret
  .popsection
)");

struct SaveBlock {
  void* buffer;
  std::uint16_t rows;
  std::uint8_t reserved[6] = {};
};

class ZaStateGemm : public testing::TestWithParam<const GemmKernel*> {};

TEST_P(ZaStateGemm, IsSavedForItsOwner) {
  const GemmKernel& kernel = *GetParam();
  if (!cpu_supports(kernel.isa)) {
    GTEST_SKIP() << "this CPU has no " << isa_name(kernel.isa) << ": " << kernel.name;
  }
  test::FloatSource source(1);
  const test::GemmValues values = test::random_values(source);
  for (const Layout& layout : test::layouts_of(kernel)) {
    test::GemmCase product(layout, kernel, {kernel.mr + 1, layout.nr + 1, 64}, values, source);
    const GemmArgs args = product.args();
    const std::uint64_t bytes = pincer_sme_vector_bytes();
    std::vector<std::uint8_t> contents(bytes * bytes), saved(bytes * bytes);
    for (std::uint8_t& byte : contents) byte = static_cast<std::uint8_t>(source.bits());
    SaveBlock block{saved.data(), static_cast<std::uint16_t>(bytes)};
    pincer_leave_za(contents.data(), &block);
    kernel.fn(args);
    const std::uint64_t state = pincer_sme_state();
    EXPECT_EQ(state, 0u) << kernel.name;
    EXPECT_EQ(saved, contents) << kernel.name;
    EXPECT_EQ(product.problem(), "");
  }
}

std::vector<const GemmKernel*> sme_kernels() {
  std::vector<const GemmKernel*> rows = test::all_gemm_kernels();
  std::erase_if(rows, [](const GemmKernel* row) {
    return row->name.find("_sme") == std::string_view::npos;  // others never touch ZA
  });
  return rows;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ZaStateGemm);
INSTANTIATE_TEST_SUITE_P(Kernels, ZaStateGemm, testing::ValuesIn(sme_kernels()),
                         [](const auto& row) { return std::string(row.param->name); });

}  // namespace
}  // namespace pincer::kernels
