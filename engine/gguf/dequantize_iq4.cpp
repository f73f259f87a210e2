// IQ4_NL and IQ4_XS: the four bits of an element choose one of sixteen unevenly spaced values.
// IQ4_NL has blocks of 32 with a half-precision scale, x = d * value; IQ4_XS super-blocks of eight
// sub-blocks of 32 with signed 6-bit scales, x = (d * scale) * value. Formats and values:
// https://github.com/ggml-org/llama.cpp/pull/5590
#include <array>
#include <cstring>

#include "engine/gguf/dequantize.h"
#include "engine/gguf/half.h"

namespace pincer::gguf {
namespace {

constexpr int kIq4Block = 32;
constexpr int kIq4SuperBlock = 256;
constexpr std::array<float, 16> kValues = {-127, -104, -83, -65, -49, -35, -22, -10,
                                           1,    13,   25,  38,  53,  69,  89,  113};

struct BlockIQ4_NL {
  std::uint16_t d;
  std::uint8_t
      q[kIq4Block / 2];  // low nibbles are the first 16 elements, high nibbles the other 16
};
static_assert(sizeof(BlockIQ4_NL) == 18);

struct BlockIQ4_XS {
  std::uint16_t d;
  std::uint16_t scales_high;  // two bits for each sub-block
  std::uint8_t scales_low[kIq4SuperBlock / kIq4Block / 2];
  std::uint8_t q[kIq4SuperBlock / 2];
};
static_assert(sizeof(BlockIQ4_XS) == 136);

void expand(const std::uint8_t* q, float scale, float* dst) {
  for (int i = 0; i < kIq4Block / 2; ++i) {
    dst[i] = scale * kValues[q[i] & 15];
    dst[i + kIq4Block / 2] = scale * kValues[q[i] >> 4];
  }
}

}  // namespace

void dequantize_iq4_nl(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kIq4Block, src += sizeof(BlockIQ4_NL), dst += kIq4Block) {
    BlockIQ4_NL block;
    std::memcpy(&block, src, sizeof(block));
    expand(block.q, half_to_float(block.d), dst);
  }
}

void dequantize_iq4_xs(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kIq4SuperBlock, src += sizeof(BlockIQ4_XS)) {
    BlockIQ4_XS block;
    std::memcpy(&block, src, sizeof(block));
    for (int s = 0; s < kIq4SuperBlock / kIq4Block; ++s, dst += kIq4Block) {
      const int low = block.scales_low[s / 2] >> (s % 2 * 4) & 15;
      const int scale = (low | (block.scales_high >> (2 * s) & 3) << 4) - 32;
      expand(block.q + s * (kIq4Block / 2), half_to_float(block.d) * static_cast<float>(scale),
             dst);
    }
  }
}

}  // namespace pincer::gguf
