#include <gtest/gtest.h>

#include "pincer/kernels/tuning.h"

namespace pincer::kernels {
namespace {

TEST(Bands, EveryShapeHasTheFirstThatHoldsIt) {
  for (const std::int64_t m : {1, 2, 3, 4, 5, 16, 17, 32, 33, 128, 129, 4096}) {
    for (const std::int64_t weights : {1, 1 << 20, (1 << 20) + 1, 8 << 20, 1 << 28}) {
      const Band& band = bands()[band_of(m, weights, 1)];
      EXPECT_LE(m, band.rows);
      EXPECT_LE(weights, band.weights);
      for (const Band& other : bands()) {
        if (m > other.rows || weights > other.weights) continue;
        EXPECT_LE(band.rows, other.rows) << m << " rows";
        EXPECT_LE(band.weights, other.weights) << weights << " weights";
      }
    }
  }
}

TEST(Bands, SizesCountWeightsNotChannels) {
  EXPECT_EQ(band_of(1, 576, 1536), band_of(1, 1536, 576));
  EXPECT_NE(band_of(1, 576, 1536), band_of(1, 4096, 4096));
}

}  // namespace
}  // namespace pincer::kernels
