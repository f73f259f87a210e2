// Q2_K and Q3_K: super-blocks of 256 elements in sixteen sub-blocks of 16. Q2_K has a 4-bit scale
// and a 4-bit minimum for each, x = (d * scale) * q - (dmin * min); Q3_K a signed 6-bit scale, x =
// (d * scale) * (q - 4). Formats: https://github.com/ggml-org/llama.cpp/pull/1684
#include <cstring>

#include "engine/gguf/dequantize.h"
#include "engine/gguf/half.h"

namespace pincer::gguf {
namespace {

constexpr int kSuperBlock = 256;
constexpr int kSubBlock = 16;

struct BlockQ2_K {
  std::uint8_t scales[kSuperBlock / kSubBlock];  // low nibble: scale; high: minimum
  std::uint8_t q[kSuperBlock / 4];
  std::uint16_t d;
  std::uint16_t dmin;
};
static_assert(sizeof(BlockQ2_K) == 84);

struct BlockQ3_K {
  std::uint8_t high[kSuperBlock / 8];
  std::uint8_t q[kSuperBlock / 4];
  std::uint8_t scales[12];
  std::uint16_t d;
};
static_assert(sizeof(BlockQ3_K) == 110);

// The low two bits of element i: each half of 128 elements has four runs of 32, which lie in the
// same 32 bytes, two bits apart.
int two_bits(const std::uint8_t* q, int i) {
  const int half = i / 128, run = i % 128 / 32;
  return q[half * 32 + i % 32] >> (2 * run) & 3;
}

// Sub-block s of sixteen: four bits in a nibble of the first eight bytes, two in the last four.
int scale_of(const std::uint8_t* scales, int s) {
  const int low = s < 8 ? scales[s] & 15 : scales[s - 8] >> 4;
  return (low | (scales[8 + s % 4] >> (2 * (s / 4)) & 3) << 4) - 32;
}

}  // namespace

void dequantize_q2_k(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kSuperBlock, src += sizeof(BlockQ2_K), dst += kSuperBlock) {
    BlockQ2_K block;
    std::memcpy(&block, src, sizeof(block));
    for (int i = 0; i < kSuperBlock; ++i) {
      const int s = i / kSubBlock;
      const float scale = half_to_float(block.d) * static_cast<float>(block.scales[s] & 15);
      const float min = half_to_float(block.dmin) * static_cast<float>(block.scales[s] >> 4);
      dst[i] = scale * static_cast<float>(two_bits(block.q, i)) - min;
    }
  }
}

void dequantize_q3_k(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kSuperBlock, src += sizeof(BlockQ3_K), dst += kSuperBlock) {
    BlockQ3_K block;
    std::memcpy(&block, src, sizeof(block));
    for (int i = 0; i < kSuperBlock; ++i) {
      const float scale =
          half_to_float(block.d) * static_cast<float>(scale_of(block.scales, i / kSubBlock));
      // Bit r of high[j] is the third bit of element j of run r.
      const int high = block.high[i % 32] >> (i / 32) & 1;
      dst[i] = scale * static_cast<float>((two_bits(block.q, i) | high << 2) - 4);
    }
  }
}

}  // namespace pincer::gguf
