#include "pincer/kernels/pack.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/guarded_buffer.h"

namespace pincer::kernels {
namespace {

using test::FloatSource;
using test::GuardedBuffer;

// A packed matrix whose panels end at a guard page.
class Packed {
 public:
  Packed(const Layout& layout, std::int64_t n, std::int64_t k, const std::vector<float>& weights,
         const ErrorFeedback& feedback = {})
      : bytes_(make_packed_header(layout, n, k).bytes) {
    const PackedHeader header = make_packed_header(layout, n, k);
    for (std::uint8_t& byte : bytes_) byte = 0xa5;  // what pack_panel leaves out would show
    std::memcpy(bytes_.data(), &header, sizeof header);
    for (std::int64_t p = 0; p < view().panels(); ++p) {
      const std::int64_t first = p * layout.nr;
      const std::int64_t rows = std::min<std::int64_t>(layout.nr, n - first);
      pack_panel(header, {weights.data() + first * k, rows, k, k},
                 const_cast<std::uint8_t*>(view().panel(p)), feedback);
    }
  }
  PackedMatrix view() const { return {reinterpret_cast<const PackedHeader*>(bytes_.data())}; }
  const std::uint8_t* end() const { return bytes_.end(); }

 private:
  GuardedBuffer<std::uint8_t> bytes_;
};

float bf16_to_float(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

std::uint16_t scale_bits(const PackedMatrix& w, std::int64_t n, std::int64_t group) {
  const std::int64_t nr = w.layout().nr;
  return w.panel_scales(n / nr)[group * nr + n % nr];
}
float scale_of(const PackedMatrix& w, std::int64_t n, std::int64_t group) {
  return bf16_to_float(scale_bits(w, n, group));
}

std::vector<Layout> layouts() {
  return {{.nr = 16, .kr = 4, .group = 32, .offset = 1},
          {.nr = 16, .kr = 4, .group = 0, .offset = 0},
          {.nr = 16, .kr = 4, .k_align = 64, .group = 32, .offset = 1},
          {.nr = 8, .kr = 8, .k_align = 64, .group = 64, .offset = 0},
          {.nr = 12, .kr = 4, .group = 0, .offset = 1},
          {.nr = 1, .kr = 1, .group = 32, .offset = 0},
          {.nr = 16, .kr = 4, .group = 32, .offset = 1, .bits = 4},
          {.nr = 12, .kr = 4, .group = 0, .offset = 0, .bits = 4},
          {.nr = 4, .kr = 16, .group = 32, .offset = 0, .bits = 4},
          {.nr = 8, .kr = 8, .group = 64, .offset = 1, .bits = 4},
          {.nr = 1, .kr = 1, .group = 32, .offset = 1, .bits = 4}};
}

int largest(const Layout& layout) { return layout.bits == 4 ? 7 : 127; }

TEST(PackedHeaderTest, SizesFollowTheLayout) {
  const PackedHeader header = make_packed_header({.nr = 16, .kr = 4, .group = 32}, 100, 97);
  EXPECT_EQ(header.magic, kPackedMagic);
  EXPECT_EQ(header.n, 100u);
  EXPECT_EQ(header.k, 97u);
  // 128 * 16 quants, 4 groups of 16 scales of 2 bytes.
  EXPECT_EQ(header.panel_bytes, 2048u + 128u);
  EXPECT_EQ(header.bytes, 64u + 7u * (2048u + 128u));
}

TEST(PackedHeaderTest, PanelsAreRoundedUpTo64Bytes) {
  const PackedHeader header = make_packed_header({.nr = 12, .kr = 4, .group = 0}, 12, 64);
  EXPECT_EQ(header.panel_bytes, 832u);  // 12 * 64 + 12 * 2 = 792
}

TEST(PackedHeaderTest, FourBitsTakeHalfTheBytes) {
  const PackedHeader header = make_packed_header({.nr = 16, .kr = 4, .bits = 4}, 100, 97);
  EXPECT_EQ(header.panel_bytes, 1024u + 128u);
  const PackedMatrix w{&header};
  EXPECT_EQ(w.quant_bytes(), 1024);
  EXPECT_EQ(reinterpret_cast<const std::uint8_t*>(w.panel_scales(2)), w.panel(2) + 1024);
}

TEST(PackTest, QuantsAndScalesFollowTheDefinition) {
  FloatSource source(1);
  for (const Layout& layout : layouts()) {
    for (const auto& [n, k] :
         {std::pair<std::int64_t, std::int64_t>{1, 1}, {17, 31}, {33, 97}, {5, 1536}}) {
      const std::vector<float> weights = source.row(static_cast<std::size_t>(n * k), 0.3f);
      const Packed packed(layout, n, k, weights);
      const std::int64_t group = layout.group ? layout.group : k;
      for (std::int64_t row = 0; row < n; ++row) {
        for (std::int64_t i = 0; i < k; ++i) {
          const float scale = scale_of(packed.view(), row, i / group);
          const float want = std::nearbyint(weights[static_cast<std::size_t>(row * k + i)] / scale);
          ASSERT_EQ(packed_quant(packed.view(), row, i), static_cast<int>(want)) << row << "," << i;
          ASSERT_LE(std::abs(want), static_cast<float>(largest(layout)));
        }
      }
    }
  }
}

TEST(PackTest, ScaleIsTheSmallestBf16ThatFits) {
  FloatSource source(2);
  for (int round = 0; round < 100; ++round) {
    const Layout layout{.group = 32, .bits = static_cast<std::uint8_t>(round % 2 == 0 ? 8 : 4)};
    const std::vector<float> weights = source.row(16 * 32, std::ldexp(1.0f, source.below(60) - 30));
    const Packed packed(layout, 16, 32, weights);
    for (std::int64_t row = 0; row < 16; ++row) {
      float max = 0;
      for (std::int64_t i = 0; i < 32; ++i) {
        max = std::max(max, std::abs(weights[static_cast<std::size_t>(row * 32 + i)]));
      }
      const std::uint16_t bits = scale_bits(packed.view(), row, 0);
      const double limit = largest(layout);
      EXPECT_GE(limit * bf16_to_float(bits), max);
      EXPECT_LT(limit * bf16_to_float(static_cast<std::uint16_t>(bits - 1)), max);
    }
  }
}

TEST(PackTest, BytesLieWhereTheLayoutSays) {
  const Layout layout{.nr = 16, .kr = 4, .group = 32, .offset = 1};
  std::vector<float> weights(18 * 40);
  weights[17 * 40 + 38] = -127.0f;  // scale 1; channel 17: panel 1, lane 1; k 38: block 9, byte 2
  const Packed packed(layout, 18, 40, weights);
  const std::uint8_t* panel = packed.view().panel(1);
  EXPECT_EQ(panel[(9 * 16 + 1) * 4 + 2], 128 - 127);
  std::int64_t others = 0;
  for (std::int64_t i = 0; i < 64 * 16; ++i) others += panel[i] != 128;
  EXPECT_EQ(others, 1);  // zero weights, missing channels and padding are all 128
  EXPECT_EQ(panel + packed.view().header->panel_bytes, packed.end());
}

TEST(PackTest, NibblesLieWhereTheLayoutSays) {
  for (const std::uint8_t offset : {0, 1}) {
    const Layout layout{.nr = 16, .kr = 4, .group = 32, .offset = offset, .bits = 4};
    std::vector<float> weights(18 * 40);
    // Scale 1; channel 17: panel 1, lane 1; k 34 and 38: blocks 8 and 9, which share bytes, byte 2.
    weights[17 * 40 + 34] = -7.0f;
    weights[17 * 40 + 38] = 3.0f;
    const Packed packed(layout, 18, 40, weights);
    const std::uint8_t* panel = packed.view().panel(1);
    EXPECT_EQ(panel[(4 * 16 + 1) * 4 + 2], offset ? 0xb1 : 0x39);  // 3 + 8, -7 + 8; 3, 16 - 7
    std::int64_t others = 0;
    for (std::int64_t i = 0; i < 32 * 16; ++i) others += panel[i] != (offset ? 0x88 : 0);
    EXPECT_EQ(others, 1);  // zero weights, missing channels and padding
    EXPECT_EQ(panel + packed.view().header->panel_bytes, packed.end());
  }
}

TEST(PackTest, PaddingIsZeroWeights) {
  FloatSource source(3);
  for (const Layout& layout : layouts()) {
    const std::int64_t n = layout.nr + 1, k = 33;
    const Packed packed(layout, n, k, source.row(static_cast<std::size_t>(n * k)));
    const PackedMatrix w = packed.view();
    for (std::int64_t row = 0; row < w.panels() * layout.nr; ++row) {
      for (std::int64_t i = row < n ? k : 0; i < w.k_padded(); ++i) {
        ASSERT_EQ(packed_quant(w, row, i), 0) << row << "," << i;
      }
      if (row >= n) {
        EXPECT_EQ(scale_bits(w, row, 0), 0);
      }
    }
    const auto* tail = reinterpret_cast<const std::uint8_t*>(w.panel_scales(w.panels() - 1) +
                                                             w.groups() * layout.nr);
    for (; tail < packed.end(); ++tail) ASSERT_EQ(*tail, 0);
  }
}

TEST(PackTest, UnpackGivesQuantTimesScale) {
  FloatSource source(4);
  for (const Layout& layout : layouts()) {
    const std::int64_t n = layout.nr + 3, k = 97;
    const std::vector<float> weights = source.row(static_cast<std::size_t>(n * k));
    const Packed packed(layout, n, k, weights);
    const std::int64_t group = layout.group ? layout.group : k;
    GuardedBuffer<float> row(static_cast<std::size_t>(k));
    for (std::int64_t i = 0; i < n; ++i) {
      unpack_row(packed.view(), i, row.data());
      for (std::int64_t j = 0; j < k; ++j) {
        const float scale = scale_of(packed.view(), i, j / group);
        ASSERT_EQ(row[static_cast<std::size_t>(j)],
                  static_cast<float>(packed_quant(packed.view(), i, j)) * scale);
        // Rounding to the nearest step: at most half a step away.
        ASSERT_LE(std::abs(row[static_cast<std::size_t>(j)] -
                           weights[static_cast<std::size_t>(i * k + j)]),
                  0.5f * scale * 1.0001f);
      }
    }
  }
}

// Weights that a layout can represent, with the largest in every group, are packed without loss and
// come back the same.
TEST(PackTest, RepresentableWeightsSurvive) {
  FloatSource source(5);
  for (const Layout& layout : layouts()) {
    const std::int64_t n = layout.nr + 3, k = 97;
    const std::int64_t group = layout.group ? layout.group : k;
    const int limit = largest(layout);
    std::vector<float> weights(static_cast<std::size_t>(n * k));
    float scale = 0;
    for (std::int64_t i = 0; i < n * k; ++i) {
      const bool first = i % k % group == 0;
      if (first) scale = bf16_to_float(static_cast<std::uint16_t>(0x3c00 + source.below(512)));
      const int q = first ? limit : source.below(2 * limit + 1) - limit;
      weights[static_cast<std::size_t>(i)] = static_cast<float>(q) * scale;
    }
    const Packed packed(layout, n, k, weights);
    std::vector<float> row(static_cast<std::size_t>(k));
    for (std::int64_t i = 0; i < n; ++i) {
      unpack_row(packed.view(), i, row.data());
      for (std::int64_t j = 0; j < k; ++j) {
        ASSERT_EQ(row[static_cast<std::size_t>(j)], weights[static_cast<std::size_t>(i * k + j)]);
      }
    }
  }
}

TEST(PackTest, ZeroRowsHaveZeroScaleAndQuants) {
  const Layout layout{.nr = 16, .kr = 4, .group = 0, .offset = 1};
  std::vector<float> weights(2 * 40, 0.0f);
  weights[0] = -0.0f;
  weights[40] = 1.0f;
  const Packed packed(layout, 2, 40, weights);
  EXPECT_EQ(scale_bits(packed.view(), 0, 0), 0);
  EXPECT_NE(scale_bits(packed.view(), 1, 0), 0);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(packed_quant(packed.view(), 0, i), 0);
}

class PackRange : public testing::TestWithParam<int> {};  // bits

TEST_P(PackRange, DenormalAndHugeWeightsStayInRange) {
  const Layout layout{.offset = 1, .bits = static_cast<std::uint8_t>(GetParam())};
  const int limit = largest(layout);
  const float lowest = std::numeric_limits<float>::denorm_min();
  for (const float max : {lowest, 200 * lowest, 8323072 * lowest, 8323100 * lowest, 1e-38f, 1e30f,
                          std::numeric_limits<float>::max()}) {
    std::vector<float> weights(32);
    for (int i = 0; i < 32; ++i)
      weights[static_cast<std::size_t>(i)] = max * (static_cast<float>(i - 16) / 16.0f);
    const Packed packed(layout, 1, 32, weights);
    const float scale = scale_of(packed.view(), 0, 0);
    EXPECT_TRUE(std::isfinite(scale)) << max;
    EXPECT_GT(scale, 0.0f) << max;
    EXPECT_GE(limit * static_cast<double>(scale), max) << max;
    for (int i = 0; i < 32; ++i) {
      const int q = packed_quant(packed.view(), 0, i);
      EXPECT_LE(std::abs(q), limit);
      EXPECT_NEAR(q, weights[static_cast<std::size_t>(i)] / scale, 0.5001) << max << " " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Bits, PackRange, testing::Values(8, 4));

TEST(PackTest, WeightsThatAreNotFiniteCountAsZero) {
  const Layout layout{.nr = 16, .kr = 4, .group = 32, .offset = 0};
  const float infinity = std::numeric_limits<float>::infinity();
  // The payload of the last one would be -128 if its bits were taken as they are.
  const float odd_nan = std::bit_cast<float>(0x7fc00080u);
  std::vector<float> weights(64, 1.0f);
  weights[3] = std::numeric_limits<float>::quiet_NaN();
  weights[4] = infinity;
  weights[5] = -infinity;
  weights[63] = odd_nan;
  const Packed packed(layout, 1, 64, weights);
  for (const int i : {3, 4, 5, 63}) EXPECT_EQ(packed_quant(packed.view(), 0, i), 0) << i;
  EXPECT_EQ(packed_quant(packed.view(), 0, 6),
            static_cast<int>(std::nearbyint(1.0f / scale_of(packed.view(), 0, 0))));
}

// Directions of nothing: what is rounded is what is there.
TEST(PackTest, FeedbackWithoutDirectionsChangesNothing) {
  FloatSource source(17);
  for (const int bits : {8, 4}) {
    for (const int group : {0, 32}) {
      Layout layout;
      layout.bits = static_cast<std::uint8_t>(bits);
      layout.group = static_cast<std::uint16_t>(group);
      const std::int64_t n = 37, k = 1100;  // no multiples of panels, lanes or chunks
      const std::vector<float> weights = source.row(static_cast<std::size_t>(n * k));
      const std::vector<float> zeros(static_cast<std::size_t>(k) * 2, 0.0f);
      const Packed plain(layout, n, k, weights),
          moved(layout, n, k, weights, {2, zeros.data(), zeros.data()});
      const auto bytes = [](const Packed& packed) {
        const auto* begin = reinterpret_cast<const std::uint8_t*>(packed.view().header);
        return std::vector<std::uint8_t>(begin, packed.end());
      };
      EXPECT_EQ(bytes(plain), bytes(moved)) << bits << " bits, group " << group;
    }
  }
}

// Along one large direction the errors of a channel cancel to less than a step, where those of
// independent roundings add up to sqrt(k / 12) steps: 6.9.
TEST(PackTest, FeedbackCancelsErrorsAlongADirection) {
  FloatSource source(18);
  const std::int64_t n = 48, k = 576;
  Layout layout;
  layout.group = 0;
  const std::vector<float> weights = source.row(static_cast<std::size_t>(n * k));
  const std::vector<float> direction(static_cast<std::size_t>(k), 3.0f);
  std::vector<float> gains(static_cast<std::size_t>(k));
  double size = 1;
  for (auto j = static_cast<std::size_t>(k); j-- > 0;) {
    size += 9;
    gains[j] = static_cast<float>(3 / size);
  }
  const auto deviation = [&](const ErrorFeedback& feedback) {
    const Packed packed(layout, n, k, weights, feedback);
    double squares = 0;
    for (std::int64_t row = 0; row < n; ++row) {
      double sum = 0;
      for (std::int64_t i = 0; i < k; ++i) {
        sum += packed_quant(packed.view(), row, i) -
               static_cast<double>(weights[static_cast<std::size_t>(row * k + i)]) /
                   static_cast<double>(scale_of(packed.view(), row, 0));
      }
      squares += sum * sum;
    }
    return std::sqrt(squares / static_cast<double>(n));
  };
  EXPECT_GT(deviation({}), 4);
  EXPECT_LT(deviation({1, direction.data(), gains.data()}), 1);
}

// Weights and errors beyond all bounds end as quants within them.
TEST(PackTest, FeedbackOfBrokenWeightsStaysInRange) {
  const std::int64_t k = 64;
  Layout layout;
  layout.group = 0;
  std::vector<float> weights(static_cast<std::size_t>(k), 1.0f);
  weights[3] = std::numeric_limits<float>::quiet_NaN();
  weights[5] = std::numeric_limits<float>::max();
  weights[9] = std::numeric_limits<float>::infinity();
  const std::vector<float> huge(static_cast<std::size_t>(k), 1e30f);
  const Packed packed(layout, 1, k, weights, {1, huge.data(), huge.data()});
  for (std::int64_t i = 0; i < k; ++i) {
    const int q = packed_quant(packed.view(), 0, i);
    ASSERT_TRUE(q >= -127 && q <= 127) << i << ": " << q;
  }
}

TEST(PackTest, RowsMayHaveAStride) {
  FloatSource source(6);
  const Layout layout{.nr = 16, .kr = 4, .group = 32, .offset = 1};
  const std::vector<float> wide = source.row(4 * 50);
  const PackedHeader header = make_packed_header(layout, 4, 40);
  std::vector<std::uint8_t> strided(header.panel_bytes), dense(header.panel_bytes);
  pack_panel(header, {wide.data(), 4, 40, 50}, strided.data());
  std::vector<float> rows;
  for (int r = 0; r < 4; ++r)
    rows.insert(rows.end(), wide.begin() + r * 50, wide.begin() + r * 50 + 40);
  pack_panel(header, {rows.data(), 4, 40, 40}, dense.data());
  EXPECT_EQ(strided, dense);
}

}  // namespace
}  // namespace pincer::kernels
