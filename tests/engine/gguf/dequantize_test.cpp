// tests/golden/dequant.json was made by the Python package gguf (make_dequant.py beside it).
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include "pincer/engine/gguf.h"
#include "tests/engine/support/gguf_writer.h"

namespace pincer::gguf {
namespace {

using test::ByteWriter;

constexpr TensorType kTypes[] = {
    TensorType::f32,  TensorType::f16,  TensorType::bf16, TensorType::q8_0,   TensorType::q4_0,
    TensorType::q4_1, TensorType::q4_k, TensorType::q5_k, TensorType::q6_k,   TensorType::q5_0,
    TensorType::q5_1, TensorType::q2_k, TensorType::q3_k, TensorType::iq4_nl, TensorType::iq4_xs};

std::vector<float> expand(TensorType type, std::span<const std::byte> bytes) {
  const auto blocks = static_cast<std::int64_t>(bytes.size()) / block_bytes(type);
  std::vector<float> out(static_cast<std::size_t>(blocks * block_elements(type)));
  dequantize(type, bytes.data(), static_cast<std::int64_t>(out.size()), out.data());
  return out;
}

class GgufDequantize : public ::testing::TestWithParam<TensorType> {};

// The hex digits that `key` has in `type`'s object; empty when there is none.
std::vector<std::byte> golden_bytes(std::string_view type, std::string_view key) {
  std::ifstream in(std::string(PINCER_SOURCE_DIR) + "/tests/golden/dequant.json");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const std::size_t object = text.find('"' + std::string(type) + "\": {");
  if (object == std::string::npos) return {};
  const std::string label = '"' + std::string(key) + "\": \"";
  const std::size_t begin = text.find(label, object) + label.size();
  const std::size_t end = text.find('"', begin);
  std::vector<std::byte> out;
  for (std::size_t i = begin; i < end; i += 2) {
    out.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return out;
}

TEST_P(GgufDequantize, EqualsTheReferenceBitForBit) {
  const std::string_view source = GetParam() == TensorType::f32 ? "F16" : type_name(GetParam());
  const auto data = golden_bytes(source, "data");
  // Floats are copied: for them any bytes will do.
  const auto golden =
      GetParam() == TensorType::f32 ? data : golden_bytes(type_name(GetParam()), "values");
  ASSERT_FALSE(golden.empty());
  const std::vector<float> values = expand(GetParam(), data);
  ASSERT_EQ(values.size() * sizeof(float), golden.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint32_t expected = 0;
    std::memcpy(&expected, golden.data() + i * sizeof(float), sizeof(float));
    ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]), expected) << "element " << i;
  }
}

TEST_P(GgufDequantize, ReadsFromAnyAddressAndWritesOnlyItsElements) {
  constexpr float kGuard = 12345;
  std::mt19937 random(7);
  std::vector<std::byte> bytes(static_cast<std::size_t>(3 * block_bytes(GetParam())));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0x3f);
  const std::vector<float> expected = expand(GetParam(), bytes);
  std::vector<std::byte> shifted(bytes.size() + 1);
  std::copy(bytes.begin(), bytes.end(), shifted.begin() + 1);
  std::vector<float> out(expected.size() + 1, kGuard);
  dequantize(GetParam(), shifted.data() + 1, static_cast<std::int64_t>(expected.size()),
             out.data());
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), out.begin()));
  EXPECT_EQ(out.back(), kGuard);
  dequantize(GetParam(), nullptr, 0, nullptr);
}

TEST_P(GgufDequantize, RowsAreCutAtTheRightBytes) {
  const std::int64_t cols = 2 * block_elements(GetParam());
  std::vector<std::byte> bytes(static_cast<std::size_t>(6 * block_bytes(GetParam())));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i % 53);
  const std::vector<float> all = expand(GetParam(), bytes);
  const Tensor tensor{"t", GetParam(), {cols, 3}, bytes};
  std::vector<float> row(static_cast<std::size_t>(cols));
  for (std::int64_t r = 0; r < 3; ++r) {
    tensor.row(r, row.data());
    EXPECT_TRUE(std::equal(row.begin(), row.end(), all.begin() + r * cols)) << "row " << r;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, GgufDequantize, ::testing::ValuesIn(kTypes),
                         [](const auto& one) { return std::string(type_name(one.param)); });

constexpr std::uint16_t kHalfOne = 0x3c00;
constexpr std::uint16_t kHalfTwo = 0x4000;

TEST(GgufDequantizeLayout, Q4_0HasLowNibblesFirstAndSubtracts8) {
  ByteWriter block;
  block.put(kHalfTwo);
  for (int i = 0; i < 16; ++i) block.put(static_cast<std::uint8_t>(i | (15 - i) << 4));
  const std::vector<float> values = expand(TensorType::q4_0, block.bytes());
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(values[static_cast<std::size_t>(i)], 2.0f * static_cast<float>(i - 8));
    EXPECT_EQ(values[static_cast<std::size_t>(i + 16)], 2.0f * static_cast<float>(7 - i));
  }
}

TEST(GgufDequantizeLayout, Q4_1AddsItsMinimum) {
  ByteWriter block;
  block.put(kHalfTwo).put(kHalfOne);
  for (int i = 0; i < 16; ++i) block.put(static_cast<std::uint8_t>(i));
  const std::vector<float> values = expand(TensorType::q4_1, block.bytes());
  EXPECT_EQ(values[5], 11.0f);
  EXPECT_EQ(values[16], 1.0f);
}

// The float that IEEE 754 binary16 defines, from its fields.
float half_by_definition(std::uint32_t half) {
  const int exponent = static_cast<int>(half >> 10 & 31);
  const auto mantissa = static_cast<float>(half & 1023);
  const float magnitude = exponent == 0    ? std::ldexp(mantissa, -24)
                          : exponent == 31 ? std::numeric_limits<float>::infinity()
                                           : std::ldexp(1024 + mantissa, exponent - 25);
  return (half & 0x8000u) != 0 ? -magnitude : magnitude;
}

TEST(GgufDequantizeLayout, HalvesAreExact) {
  for (std::uint32_t half = 0; half < 0x10000; ++half) {
    const auto bits = static_cast<std::uint16_t>(half);
    const float value = expand(TensorType::f16, std::as_bytes(std::span(&bits, 1)))[0];
    const bool nan = (half & 0x7c00) == 0x7c00 && (half & 1023) != 0;
    ASSERT_EQ(std::isnan(value), nan) << half;
    if (nan) continue;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(value),
              std::bit_cast<std::uint32_t>(half_by_definition(half)))
        << half;
  }
}

TEST(GgufDequantizeLayout, BlocksHaveTheFormatsSizes) {
  EXPECT_EQ(type_name(TensorType::q4_1), "Q4_1");
  EXPECT_EQ(block_elements(TensorType::bf16), 1);
  EXPECT_EQ(block_bytes(TensorType::bf16), 2);
  EXPECT_EQ(block_elements(TensorType::q4_0), 32);
  EXPECT_EQ(block_bytes(TensorType::q4_0), 18);
  EXPECT_EQ(block_elements(TensorType::q6_k), 256);
  EXPECT_EQ(block_bytes(TensorType::q6_k), 210);
}

}  // namespace
}  // namespace pincer::gguf
