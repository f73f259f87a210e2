// Every kernel leaves the registers that belong to its caller as they were: x19 to x28 and the low
// halves of v8 to v15 (Procedure Call Standard for the Arm 64-bit Architecture, sections 6.1.1 and
// 6.1.2). Compilers see to it, assembly in a kernel may not.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/kernels/support/attention_case.h"
#include "tests/kernels/support/attention_s8_case.h"
#include "tests/kernels/support/gemm_case.h"

namespace pincer::kernels {
namespace {

constexpr int kIntegers = 10, kFloats = 8;
using Registers = std::array<std::uint64_t, kIntegers + kFloats>;

// Puts 119 .. 128 into x19 .. x28 and 208 .. 215 into d8 .. d15, calls kernel(args), and stores
// what the registers hold then.
extern "C" void pincer_call_with_marked_registers(const void* kernel, const void* args,
                                                  std::uint64_t* after);
__asm__(R"(
  .text
  .p2align 2
  .type pincer_call_with_marked_registers, %function
pincer_call_with_marked_registers:
  stp x29, x30, [sp, #-176]!
  mov x29, sp
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  str x2, [sp, #160]
  .irp n, 8, 9, 10, 11, 12, 13, 14, 15
  mov x9, #(200 + \n)
  fmov d\n, x9
  .endr
  .irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
  mov x\n, #(100 + \n)
  .endr
  mov x9, x0
  mov x0, x1
  blr x9
  ldr x2, [sp, #160]
  stp x19, x20, [x2]
  stp x21, x22, [x2, #16]
  stp x23, x24, [x2, #32]
  stp x25, x26, [x2, #48]
  stp x27, x28, [x2, #64]
  stp d8, d9, [x2, #80]
  stp d10, d11, [x2, #96]
  stp d12, d13, [x2, #112]
  stp d14, d15, [x2, #128]
  ldp x19, x20, [sp, #16]
  ldp x21, x22, [sp, #32]
  ldp x23, x24, [sp, #48]
  ldp x25, x26, [sp, #64]
  ldp x27, x28, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  ldp x29, x30, [sp], #176
  ret
  .size pincer_call_with_marked_registers, .-pincer_call_with_marked_registers
)");

// The names of the registers that a call changed.
template <class Fn, class Args>
std::string changed_registers(Fn kernel, const Args& args) {
  Registers after{};
  pincer_call_with_marked_registers(reinterpret_cast<const void*>(kernel), &args, after.data());
  std::string changed;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const bool integer = i < kIntegers;
    const std::size_t number = integer ? 19 + i : 8 + i - kIntegers;
    if (after[i] != (integer ? 100 : 200) + number) {
      changed += (integer ? " x" : " d") + std::to_string(number);
    }
  }
  return changed;
}

void overwrite_d8_and_x19(const int&) noexcept {
  __asm__ volatile("fmov d8, xzr\n\tmov x19, xzr");  // behind the compiler's back
}

TEST(CalleeSaved, TheTestSeesChanges) {
  EXPECT_EQ(changed_registers(overwrite_d8_and_x19, 0), " x19 d8");
}

class CalleeSavedGemm : public testing::TestWithParam<const GemmKernel*> {};

TEST_P(CalleeSavedGemm, StaysAsItWas) {
  const GemmKernel& kernel = *GetParam();
  if (!cpu_supports(kernel.isa)) {
    GTEST_SKIP() << "this CPU has no " << isa_name(kernel.isa) << ": " << kernel.name;
  }
  test::FloatSource source(1);
  const test::GemmValues values = test::random_values(source);
  for (const Layout& layout : test::layouts_of(kernel)) {
    for (std::int64_t m = 1; m <= kernel.mr + 1; ++m) {
      for (const std::int64_t n : {1, layout.nr * 7}) {
        test::GemmCase product(layout, kernel, {m, n, 64}, values, source);
        EXPECT_EQ(changed_registers(kernel.fn, product.args()), "") << product.describe();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, CalleeSavedGemm, testing::ValuesIn(test::all_gemm_kernels()),
                         [](const auto& row) { return std::string(row.param->name); });

AttentionFn attention_kernel;
std::string attention_changed;

void watched_attention(const AttentionArgs& args) noexcept {
  attention_changed += changed_registers(attention_kernel, args);
}

TEST(CalleeSaved, Attention) {
  for (const AttentionKernel& kernel : attention_kernels()) {
    if (!cpu_supports(kernel.isa)) continue;
    test::AttentionCase attention({.kv_len = {1, 40, 41, 70, 7}}, 1);
    attention_kernel = kernel.fn;
    attention_changed.clear();
    attention.run(watched_attention);
    EXPECT_EQ(attention_changed, "") << kernel.name;
  }
}

const AttentionS8Kernel* attention_s8_kernel;
std::string attention_s8_changed;

void watched_attention_s8(const AttentionS8Args& args) noexcept {
  attention_s8_changed += changed_registers(attention_s8_kernel->fn, args);
}

class CalleeSavedAttentionS8 : public testing::TestWithParam<const AttentionS8Kernel*> {};

TEST_P(CalleeSavedAttentionS8, StaysAsItWas) {
  attention_s8_kernel = GetParam();
  if (!cpu_supports(attention_s8_kernel->isa)) {
    GTEST_SKIP() << "this CPU has no " << isa_name(attention_s8_kernel->isa) << ": "
                 << attention_s8_kernel->name;
  }
  AttentionS8Kernel watched = *attention_s8_kernel;
  watched.fn = watched_attention_s8;
  for (const int head_dim : {64, 80}) {
    for (std::size_t rows = 1; rows <= 5; ++rows) {
      test::AttentionS8Shape shape;
      for (std::size_t r = 0; r < rows; ++r) shape.rows.push_back({0, 70 + static_cast<int>(r)});
      shape.head_dim = head_dim;
      attention_s8_changed.clear();
      test::AttentionS8Case(shape, 1).run(watched);
      EXPECT_EQ(attention_s8_changed, "") << rows << " rows of " << head_dim;
    }
  }
}

std::vector<const AttentionS8Kernel*> all_attention_s8_kernels() {
  std::vector<const AttentionS8Kernel*> rows;
  for (const AttentionS8Kernel& row : attention_s8_kernels()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Kernels, CalleeSavedAttentionS8,
                         testing::ValuesIn(all_attention_s8_kernels()),
                         [](const auto& row) { return std::string(row.param->name); });

}  // namespace
}  // namespace pincer::kernels
