// Attention over halves has the bits of attention over the same values as floats: widening is
// exact, and all else is shared with the FP32 kernels, which attention_test.cpp examines.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "pincer/kernels/cpu.h"
#include "pincer/kernels/kernel_table.h"
#include "tests/kernels/support/attention_case.h"

namespace pincer::kernels {
namespace {

using test::AttentionCase;
using test::FloatSource;

class AttentionF16Test : public testing::TestWithParam<AttentionF16Kernel> {};

// A random half below 4 in size: ordinary, subnormal or zero.
float random_half(FloatSource& source) {
  const float sign = source.below(2) == 0 ? 1.0f : -1.0f;
  const int fraction = source.below(1024);
  if (source.below(8) == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), source.below(16) - 24);
}

TEST_P(AttentionF16Test, HasTheBitsOfTheSameFloats) {
  if (!cpu_supports(GetParam().isa)) {
    GTEST_SKIP() << GetParam().name << " needs " << isa_name(GetParam().isa)
                 << ", which this CPU lacks";
  }
  FloatSource source(41);
  for (const int head_dim : {16, 64, 80}) {
    for (const int kv : {1, 31, 32, 33, 97, 300}) {
      for (const int rows : {1, 3, 4, 9}) {
        test::AttentionShape shape;
        for (int r = 0; r < rows; ++r) shape.kv_len.push_back(std::max(1, kv - r));
        shape.head_dim = head_dim;
        AttentionCase data(shape, 43);
        for (int token = 0; token < kv; ++token) {
          for (int d = 0; d < head_dim; ++d) {
            data.k(token, d) = random_half(source);
            data.v(token, d) = random_half(source);
          }
        }
        ASSERT_TRUE(test::same_bytes<float>(data.run(GetParam().fn),
                                            data.run(attention_kernels().back().fn)))
            << head_dim << " " << kv << " " << rows;
        ASSERT_TRUE(data.intact);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, AttentionF16Test,
                         testing::ValuesIn(attention_f16_kernels().begin(),
                                           attention_f16_kernels().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace pincer::kernels
