#include "engine/model/weight_layouts.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

WeightLayouts layouts(WeightFormat format) {
  return weight_layouts(format, kernels::choose_kernels(kernels::Isa::scalar),
                        RotationTurn::stream);
}

TEST(WeightLayouts, FormatsArePoliciesPerTensor) {
  const WeightLayouts int8 = layouts(WeightFormat::int8);
  EXPECT_EQ(int8.layers.group, 0) << "a scale per channel";
  EXPECT_EQ(int8.head.group, 0);
  EXPECT_TRUE(int8.rotate_values && int8.rotate_down);

  const WeightLayouts int8g32 = layouts(WeightFormat::int8g32);
  EXPECT_EQ(int8g32.layers.group, 32);
  EXPECT_EQ(int8g32.layers.bits, 8);
  EXPECT_FALSE(int8g32.rotate_values || int8g32.rotate_down);

  const WeightLayouts int4g32 = layouts(WeightFormat::int4g32);
  EXPECT_EQ(int4g32.layers.bits, 4);
  EXPECT_EQ(int4g32.head.bits, 8) << "the head decides between tokens";
}

TEST(WeightLayouts, BlocksOfHadamardTransformsDivide) {
  EXPECT_EQ(hadamard_block(1536), 512);
  EXPECT_EQ(hadamard_block(2048), 512) << "larger ones gain nothing";
  EXPECT_EQ(hadamard_block(11008), 256);
  EXPECT_EQ(hadamard_block(80), 16);
  EXPECT_EQ(hadamard_block(7), 1);
  for (int log2 = 0; log2 <= 9; ++log2) {
    kernels::Layout layout;
    layout.transform = transform_of(true, log2);
    EXPECT_EQ(input_block(layout), 1 << log2);
  }
}

}  // namespace
}  // namespace pincer
