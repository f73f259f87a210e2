// One function per block format. `src` may have any alignment; `n` is a multiple of the block's
// elements.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pincer::gguf {

void dequantize_q8_0(const std::byte* src, std::int64_t n, float* dst);
void dequantize_q4_0(const std::byte* src, std::int64_t n, float* dst);
void dequantize_q4_1(const std::byte* src, std::int64_t n, float* dst);
void dequantize_q5_0(const std::byte* src, std::int64_t n, float* dst);
void dequantize_q5_1(const std::byte* src, std::int64_t n, float* dst);
void dequantize_q2_k(const std::byte* src, std::int64_t n, float* dst);
void dequantize_q3_k(const std::byte* src, std::int64_t n, float* dst);
void dequantize_q4_k(const std::byte* src, std::int64_t n, float* dst);
void dequantize_q5_k(const std::byte* src, std::int64_t n, float* dst);
void dequantize_q6_k(const std::byte* src, std::int64_t n, float* dst);
void dequantize_iq4_nl(const std::byte* src, std::int64_t n, float* dst);
void dequantize_iq4_xs(const std::byte* src, std::int64_t n, float* dst);

}  // namespace pincer::gguf
