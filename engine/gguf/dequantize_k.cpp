// The "K" formats: super-blocks of 256 elements. Q4_K and Q5_K hold eight sub-blocks of 32, each
// with a 6-bit scale and a 6-bit minimum, x = (d * scale) * q - (dmin * min); Q6_K holds sixteen of
// 16 with 8-bit scales, x = (d * scale) * (q - 32). Formats:
// https://github.com/ggml-org/llama.cpp/pull/1684
#include <cstring>

#include "engine/gguf/dequantize.h"
#include "engine/gguf/half.h"

namespace pincer::gguf {
namespace {

constexpr int kKSuperBlock = 256;
constexpr int kKSubBlock = 32;

struct BlockQ4_K {
  std::uint16_t d;
  std::uint16_t dmin;
  std::uint8_t scales[12];
  std::uint8_t q[kKSuperBlock / 2];
};
static_assert(sizeof(BlockQ4_K) == 144);

struct BlockQ5_K {
  std::uint16_t d;
  std::uint16_t dmin;
  std::uint8_t scales[12];
  std::uint8_t
      high[kKSuperBlock / 8];  // bit s of high[i] is the fifth bit of element i of sub-block s
  std::uint8_t q[kKSuperBlock / 2];
};
static_assert(sizeof(BlockQ5_K) == 176);

struct BlockQ6_K {
  std::uint8_t low[kKSuperBlock / 2];
  std::uint8_t high[kKSuperBlock / 4];
  std::int8_t scales[kKSuperBlock / 16];
  std::uint16_t d;
};
static_assert(sizeof(BlockQ6_K) == 210);

struct ScaleMin {
  int scale;
  int min;
};

// Sub-block s of eight. The first four have their six bits in bytes s and s + 4; the others have
// four bits in a nibble of byte s + 4 and their top two bits in the top of bytes s - 4 and s.
ScaleMin scale_min(const std::uint8_t (&scales)[12], int s) {
  if (s < 4) return {scales[s] & 63, scales[s + 4] & 63};
  return {(scales[s + 4] & 15) | ((scales[s - 4] >> 6) << 4),
          (scales[s + 4] >> 4) | ((scales[s] >> 6) << 4)};
}

}  // namespace

void dequantize_q4_k(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kKSuperBlock, src += sizeof(BlockQ4_K)) {
    BlockQ4_K block;
    std::memcpy(&block, src, sizeof(block));
    for (int s = 0; s < kKSuperBlock / kKSubBlock; ++s, dst += kKSubBlock) {
      const ScaleMin sub = scale_min(block.scales, s);
      const float scale = half_to_float(block.d) * static_cast<float>(sub.scale);
      const float min = half_to_float(block.dmin) * static_cast<float>(sub.min);
      // Two sub-blocks share 32 bytes: the even one has the low nibbles.
      const std::uint8_t* q = block.q + (s / 2) * kKSubBlock;
      const int shift = (s % 2) * 4;
      for (int i = 0; i < kKSubBlock; ++i) {
        dst[i] = scale * static_cast<float>((q[i] >> shift) & 15) - min;
      }
    }
  }
}

void dequantize_q5_k(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kKSuperBlock, src += sizeof(BlockQ5_K)) {
    BlockQ5_K block;
    std::memcpy(&block, src, sizeof(block));
    for (int s = 0; s < kKSuperBlock / kKSubBlock; ++s, dst += kKSubBlock) {
      const ScaleMin sub = scale_min(block.scales, s);
      const float scale = half_to_float(block.d) * static_cast<float>(sub.scale);
      const float min = half_to_float(block.dmin) * static_cast<float>(sub.min);
      const std::uint8_t* q = block.q + (s / 2) * kKSubBlock;
      const int shift = (s % 2) * 4;
      for (int i = 0; i < kKSubBlock; ++i) {
        const int quant = ((q[i] >> shift) & 15) | (((block.high[i] >> s) & 1) << 4);
        dst[i] = scale * static_cast<float>(quant) - min;
      }
    }
  }
}

void dequantize_q6_k(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kKSuperBlock, src += sizeof(BlockQ6_K)) {
    BlockQ6_K block;
    std::memcpy(&block, src, sizeof(block));
    const float d = half_to_float(block.d);
    for (int r = 0; r < kKSuperBlock / kKSubBlock; ++r, dst += kKSubBlock) {
      // Each half of 128 elements has four runs of 32: low nibbles of 64 bytes, then their high
      // nibbles; two more bits of each run lie in 32 bytes of `high`.
      const int half = r / 4;
      const int run = r % 4;
      const std::uint8_t* low = block.low + half * 64 + (run % 2) * kKSubBlock;
      const std::uint8_t* high = block.high + half * 32;
      const float scale[2] = {d * static_cast<float>(block.scales[2 * r]),
                              d * static_cast<float>(block.scales[2 * r + 1])};
      for (int i = 0; i < kKSubBlock; ++i) {
        const int quant = ((low[i] >> (run / 2 * 4)) & 15) | (((high[i] >> (run * 2)) & 3) << 4);
        dst[i] = scale[i / 16] * static_cast<float>(quant - 32);
      }
    }
  }
}

}  // namespace pincer::gguf
