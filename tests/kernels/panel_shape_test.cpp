#include "pincer/kernels/panel_shape.h"

#include <gtest/gtest.h>

#include <utility>

#include "pincer/kernels/cpu.h"

namespace pincer::kernels {
namespace {

TEST(PanelShape, VectorsHaveTheLengthOfThisMachine) {
  for (const PanelUnit unit : {PanelUnit::sve_vectors, PanelUnit::sme_vectors}) {
    const int parts = in_units(1, unit);  // of 16 bytes; the architecture ends at 2048 bits
    EXPECT_GE(parts, 1);
    EXPECT_LE(parts, 16);
    EXPECT_EQ(in_units(12, unit), 12 * parts);
  }
  EXPECT_EQ(in_units(12, PanelUnit::channels), 12);
  if (!cpu_supports(Isa::sve)) {
    EXPECT_EQ(in_units(12, PanelUnit::sve_vectors), 12);
  }
}

TEST(PanelShape, LayoutsFollowTheLength) {
  const PanelShape shape{.nr = 6, .kr = 8, .unit = PanelUnit::sve_vectors};
  const Layout layout = shape.layout(32);
  EXPECT_EQ(layout.nr, in_units(6, PanelUnit::sve_vectors));
  EXPECT_EQ(layout.kr, 8);
  EXPECT_EQ(layout.group, 32);
  EXPECT_TRUE(shape.fits(layout));
  Layout other = layout;
  other.nr *= 2;  // packed on a machine with longer vectors
  EXPECT_FALSE(shape.fits(other));
}

TEST(PanelShape, FitsOnlyWeightsOfItsWidth) {
  for (const auto& [bytes, nibbles] : {std::pair{panels::x86, panels::x86_s4},
                                       {panels::any, panels::any_s4},
                                       {panels::neon, panels::neon_s4}}) {
    EXPECT_EQ(bytes.layout(32).bits, 8);
    EXPECT_EQ(nibbles.layout(32).bits, 4);
    EXPECT_TRUE(nibbles.fits(nibbles.layout(32)));
    EXPECT_FALSE(nibbles.fits(bytes.layout(32)));
    EXPECT_FALSE(bytes.fits(nibbles.layout(32)));
    EXPECT_EQ(nibbles.layout(32).nr, bytes.layout(32).nr);
    EXPECT_EQ(nibbles.layout(32).kr, bytes.layout(32).kr);
    EXPECT_EQ(nibbles.layout(32).offset, bytes.layout(32).offset);
  }
}

}  // namespace
}  // namespace pincer::kernels
