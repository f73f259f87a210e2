// One attention call with all its memory guarded: what attention tests share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "pincer/kernels/attention.h"
#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/guarded_buffer.h"

namespace pincer::test {

struct AttentionShape {
  std::vector<std::int32_t> kv_len;  // one per row
  int head_dim = 64;
  float scale = 0.125f;
  std::vector<std::int32_t> kv_begin = {};  // one per row, or none for 0
};

// Random q, K and V. Every block of K and V, q, out and scratch end at a guard page of their own;
// rows lie in reverse order with a gap of kGap floats between them. Memory of blocks beyond the
// longest row is `garbage`.
class AttentionCase {
 public:
  static constexpr std::int64_t kGap = 3;  // also takes rows off any alignment
  static constexpr float kCanary = -12345.0f;

  AttentionCase(AttentionShape shape, std::uint64_t seed, float garbage = 0.0f)
      : shape_(std::move(shape)) {
    FloatSource source(seed);
    const int longest = *std::max_element(shape_.kv_len.begin(), shape_.kv_len.end());
    const int blocks = (longest + kernels::kKvBlockTokens - 1) / kernels::kKvBlockTokens;
    const std::int64_t stride = shape_.head_dim + kGap;
    for (std::size_t r = 0; r < rows(); ++r) {
      offset_.push_back(static_cast<std::int64_t>(rows() - 1 - r) * stride);
    }
    q_ = GuardedBuffer<float>(rows() * stride - kGap);
    for (float& v : q_) v = source.next(2.0f);
    for (int b = 0; b < blocks; ++b) {
      const std::size_t floats =
          static_cast<std::size_t>(kernels::kKvBlockTokens) * shape_.head_dim;
      k_.emplace_back(floats);
      v_.emplace_back(floats);
    }
    for (int token = 0; token < blocks * kernels::kKvBlockTokens; ++token) {
      for (int d = 0; d < shape_.head_dim; ++d) {
        k(token, d) = token < longest ? source.next(2.0f) : garbage;
        v(token, d) = token < longest ? source.next(2.0f) : garbage;
      }
    }
  }

  std::size_t rows() const { return shape_.kv_len.size(); }
  const AttentionShape& shape() const { return shape_; }
  float q(std::size_t row, int d) const { return q_[offset_[row] + d]; }
  float& q(std::size_t row, int d) { return q_[offset_[row] + d]; }
  float& k(int token, int d) {
    return k_[token / kernels::kKvBlockTokens]
             [d * kernels::kKvBlockTokens + token % kernels::kKvBlockTokens];
  }
  float& v(int token, int d) {
    return v_[token / kernels::kKvBlockTokens]
             [token % kernels::kKvBlockTokens * shape_.head_dim + d];
  }

  // The output of rows first .. first + count - 1, one after the other. `intact` says whether
  // everything else in `out` kept its canary.
  std::vector<float> run(kernels::AttentionFn attention, std::size_t first, std::size_t count) {
    return run_over(attention, k_, v_, first, count);
  }
  std::vector<float> run(kernels::AttentionFn attention) { return run(attention, 0, rows()); }

  // The same over halves, which K and V must be representable in.
  std::vector<float> run(kernels::AttentionF16Fn attention) {
    return run_over(attention, halves(k_), halves(v_), 0, rows());
  }

  bool intact = true;

 private:
  template <class Element>
  std::vector<float> run_over(void (*attention)(const kernels::AttentionArgsOf<Element>&) noexcept,
                              const std::vector<GuardedBuffer<Element>>& k,
                              const std::vector<GuardedBuffer<Element>>& v, std::size_t first,
                              std::size_t count) {
    std::vector<const Element*> k_blocks, v_blocks;
    for (const auto& block : k) k_blocks.push_back(block.data());
    for (const auto& block : v) v_blocks.push_back(block.data());
    const auto lengths = shape_.kv_len.begin() + static_cast<std::ptrdiff_t>(first);
    const int longest = *std::max_element(lengths, lengths + static_cast<std::ptrdiff_t>(count));
    GuardedBuffer<float> scratch(kernels::attention_scratch_floats(longest));
    GuardedBuffer<float> out(q_.size());
    std::fill(out.begin(), out.end(), kCanary);
    const std::int32_t* begins = shape_.kv_begin.empty() ? nullptr : shape_.kv_begin.data() + first;
    if (begins != nullptr) {
      // Blocks that no row sees.
      const int unseen = *std::min_element(begins, begins + count) / kernels::kKvBlockTokens;
      std::fill_n(k_blocks.begin(), unseen, nullptr);
      std::fill_n(v_blocks.begin(), unseen, nullptr);
    }
    attention({.q = q_.data(),
               .q_offset = offset_.data() + first,
               .kv_begin = begins,
               .kv_len = shape_.kv_len.data() + first,
               .rows = static_cast<int>(count),
               .k_blocks = k_blocks.data(),
               .v_blocks = v_blocks.data(),
               .head_dim = shape_.head_dim,
               .scale = shape_.scale,
               .out = out.data(),
               .scratch = scratch.data()});
    std::vector<float> result;
    for (std::size_t r = first; r < first + count; ++r) {
      for (int d = 0; d < shape_.head_dim; ++d) {
        float& value = out[offset_[r] + d];
        result.push_back(value);
        value = kCanary;
      }
    }
    intact = std::all_of(out.begin(), out.end(), [](float x) { return x == kCanary; });
    return result;
  }

  static std::vector<GuardedBuffer<kernels::Half>> halves(
      const std::vector<GuardedBuffer<float>>& blocks) {
    std::vector<GuardedBuffer<kernels::Half>> out;
    for (const auto& block : blocks) {
      auto& half = out.emplace_back(block.size());
      for (std::size_t i = 0; i < block.size(); ++i) half[i] = exact_half(block[i]);
    }
    return out;
  }
  // Of a value that binary16 holds: a sign, 5 bits of exponent, 10 of fraction; the smallest
  // numbers are multiples of 2^-24.
  static kernels::Half exact_half(float x) {
    const int sign = std::signbit(x) ? 0x8000 : 0;
    const float size = std::abs(x);
    if (std::isinf(x)) return {static_cast<std::uint16_t>(sign | 0x7c00)};
    if (size < 0x1p-14f) {
      return {static_cast<std::uint16_t>(sign | static_cast<int>(std::ldexp(size, 24)))};
    }
    int exponent;
    const float fraction = std::frexp(size, &exponent);  // in [1/2, 1)
    const int bits = static_cast<int>(std::ldexp(fraction, 11)) - 1024;
    return {static_cast<std::uint16_t>(sign | (exponent + 14) << 10 | bits)};
  }

  AttentionShape shape_;
  std::vector<std::int64_t> offset_;
  GuardedBuffer<float> q_;
  std::vector<GuardedBuffer<float>> k_, v_;
};

}  // namespace pincer::test
