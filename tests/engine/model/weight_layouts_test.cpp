#include "engine/model/weight_layouts.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

// Folded into an unturned stream's matrices, large gains spoil the groups that they lie in.
TEST(WeightLayouts, GainsAreFoldedOnlyWhereTheStreamIsTurned) {
  const kernels::KernelTable kernels = kernels::choose_kernels(kernels::Isa::scalar);
  for (const WeightFormat format :
       {WeightFormat::int8, WeightFormat::int8g32, WeightFormat::int4g32}) {
    EXPECT_TRUE(weight_layouts(format, kernels, true).fold_gains) << name(format);
    EXPECT_FALSE(weight_layouts(format, kernels, false).fold_gains) << name(format);
  }
}

}  // namespace
}  // namespace pincer
