// The plain types, and the formats with blocks of 32: a half-precision scale d (and a minimum m),
// then the quants q. In all of this reader's formats scale * q is exact in a float (at most 11 + 8
// + 5 significant bits), so the results do not depend on whether the compiler fuses the
// multiplication with what follows.
#include "engine/gguf/dequantize.h"

#include <cassert>
#include <cstring>

#include "engine/gguf/half.h"
#include "pincer/engine/gguf.h"

namespace pincer::gguf {
namespace {

constexpr int kBlock = 32;

struct BlockQ8_0 {  // x = d * q
  std::uint16_t d;
  std::int8_t q[kBlock];
};
static_assert(sizeof(BlockQ8_0) == 34);

struct BlockQ4_0 {  // x = d * (q - 8)
  std::uint16_t d;
  std::uint8_t q[kBlock / 2];  // low nibbles are the first 16 elements, high nibbles the other 16
};
static_assert(sizeof(BlockQ4_0) == 18);

struct BlockQ4_1 {  // x = d * q + m
  std::uint16_t d;
  std::uint16_t m;
  std::uint8_t q[kBlock / 2];
};
static_assert(sizeof(BlockQ4_1) == 20);

struct BlockQ5_0 {  // x = d * (q - 16)
  std::uint16_t d;
  std::uint8_t high[4];  // bit i, counted through all four bytes, is the fifth bit of element i
  std::uint8_t q[kBlock / 2];
};
static_assert(sizeof(BlockQ5_0) == 22);

struct BlockQ5_1 {  // x = d * q + m
  std::uint16_t d;
  std::uint16_t m;
  std::uint8_t high[4];
  std::uint8_t q[kBlock / 2];
};
static_assert(sizeof(BlockQ5_1) == 24);

// Element i of 32 with five bits.
int five_bits(const std::uint8_t* q, const std::uint8_t* high, int i) {
  const int low = i < kBlock / 2 ? q[i] & 15 : q[i - kBlock / 2] >> 4;
  return low | ((high[i / 8] >> (i % 8)) & 1) << 4;
}

template <float (*kConvert)(std::uint16_t)>
void convert_16_bit(const std::byte* src, std::int64_t n, float* dst) {
  for (std::int64_t i = 0; i < n; ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, src + 2 * i, sizeof(bits));
    dst[i] = kConvert(bits);
  }
}

}  // namespace

void dequantize_q8_0(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kBlock, src += sizeof(BlockQ8_0), dst += kBlock) {
    BlockQ8_0 block;
    std::memcpy(&block, src, sizeof(block));
    const float d = half_to_float(block.d);
    for (int i = 0; i < kBlock; ++i) dst[i] = static_cast<float>(block.q[i]) * d;
  }
}

void dequantize_q4_0(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kBlock, src += sizeof(BlockQ4_0), dst += kBlock) {
    BlockQ4_0 block;
    std::memcpy(&block, src, sizeof(block));
    const float d = half_to_float(block.d);
    for (int i = 0; i < kBlock / 2; ++i) {
      dst[i] = d * static_cast<float>((block.q[i] & 15) - 8);
      dst[i + kBlock / 2] = d * static_cast<float>((block.q[i] >> 4) - 8);
    }
  }
}

void dequantize_q4_1(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kBlock, src += sizeof(BlockQ4_1), dst += kBlock) {
    BlockQ4_1 block;
    std::memcpy(&block, src, sizeof(block));
    const float d = half_to_float(block.d);
    const float m = half_to_float(block.m);
    for (int i = 0; i < kBlock / 2; ++i) {
      dst[i] = d * static_cast<float>(block.q[i] & 15) + m;
      dst[i + kBlock / 2] = d * static_cast<float>(block.q[i] >> 4) + m;
    }
  }
}

void dequantize_q5_0(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kBlock, src += sizeof(BlockQ5_0), dst += kBlock) {
    BlockQ5_0 block;
    std::memcpy(&block, src, sizeof(block));
    const float d = half_to_float(block.d);
    for (int i = 0; i < kBlock; ++i) {
      dst[i] = d * static_cast<float>(five_bits(block.q, block.high, i) - 16);
    }
  }
}

void dequantize_q5_1(const std::byte* src, std::int64_t n, float* dst) {
  for (; n > 0; n -= kBlock, src += sizeof(BlockQ5_1), dst += kBlock) {
    BlockQ5_1 block;
    std::memcpy(&block, src, sizeof(block));
    const float d = half_to_float(block.d);
    const float m = half_to_float(block.m);
    for (int i = 0; i < kBlock; ++i) {
      dst[i] = d * static_cast<float>(five_bits(block.q, block.high, i)) + m;
    }
  }
}

void dequantize(TensorType type, const std::byte* src, std::int64_t n, float* dst) {
  assert(n >= 0 && n % block_elements(type) == 0);
  switch (type) {
    case TensorType::f32:
      if (n > 0) std::memcpy(dst, src, static_cast<std::size_t>(n) * sizeof(float));
      return;
    case TensorType::f16:
      return convert_16_bit<half_to_float>(src, n, dst);
    case TensorType::bf16:
      return convert_16_bit<bfloat_to_float>(src, n, dst);
    case TensorType::q8_0:
      return dequantize_q8_0(src, n, dst);
    case TensorType::q4_0:
      return dequantize_q4_0(src, n, dst);
    case TensorType::q4_1:
      return dequantize_q4_1(src, n, dst);
    case TensorType::q5_0:
      return dequantize_q5_0(src, n, dst);
    case TensorType::q5_1:
      return dequantize_q5_1(src, n, dst);
    case TensorType::q2_k:
      return dequantize_q2_k(src, n, dst);
    case TensorType::q3_k:
      return dequantize_q3_k(src, n, dst);
    case TensorType::q4_k:
      return dequantize_q4_k(src, n, dst);
    case TensorType::q5_k:
      return dequantize_q5_k(src, n, dst);
    case TensorType::q6_k:
      return dequantize_q6_k(src, n, dst);
    case TensorType::iq4_nl:
      return dequantize_iq4_nl(src, n, dst);
    case TensorType::iq4_xs:
      return dequantize_iq4_xs(src, n, dst);
  }
}

}  // namespace pincer::gguf
