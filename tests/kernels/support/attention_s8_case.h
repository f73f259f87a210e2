// One INT8 attention call with all its memory guarded: what its tests share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "pincer/kernels/attention_s8.h"
#include "pincer/kernels/kernel_table.h"
#include "pincer/kernels/smooth_k.h"
#include "tests/kernels/support/exact_attention.h"
#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/guarded_buffer.h"

namespace pincer::test {

using S8Row = KeyRange;

struct AttentionS8Shape {
  std::vector<S8Row> rows;
  int head_dim = 64;
  float scale = 0.125f;
  float soft_cap = 0.0f;
  // All of K gets this added in every fourth channel: keys of real models have such a bias.
  float k_bias = 0.0f;
  bool subtract_mean = false;  // of K over the tokens, before it is quantized
  bool gaussian = false;       // q, K and V: else uniform
};

// Random floats q, K, V and their quantized forms. Blocks, q and out end at guard pages; slots that
// no token fills hold `garbage` bytes and scales; blocks that no row sees are missing.
class AttentionS8Case {
 public:
  static constexpr std::int64_t kGap = 3;
  static constexpr float kCanary = -12345.0f;

  AttentionS8Case(AttentionS8Shape shape, std::uint64_t seed, std::uint8_t garbage = 0)
      : shape_(std::move(shape)), garbage_(garbage) {
    FloatSource source(seed);
    first_ = shape_.rows.front().begin;
    for (const S8Row& row : shape_.rows) {
      tokens_ = std::max(tokens_, row.end);
      first_ = std::min(first_, row.begin);
    }
    const int hd = shape_.head_dim;
    const auto row = [&](std::size_t n) {
      return shape_.gaussian ? source.gaussian_row(n) : source.row(n, 2.0f);
    };
    q = row(shape_.rows.size() * static_cast<std::size_t>(hd));
    k = row(static_cast<std::size_t>(tokens_) * hd);
    v = row(static_cast<std::size_t>(tokens_) * hd);
    for (std::size_t i = 0; i < k.size(); i += 4) k[i] += shape_.k_bias;
    q_ = GuardedBuffer<float>(shape_.rows.size() * static_cast<std::size_t>(hd + kGap) - kGap);
    for (std::size_t r = 0; r < shape_.rows.size(); ++r) {
      std::copy_n(q.begin() + static_cast<std::ptrdiff_t>(r) * hd, hd, q_.data() + offset_of(r));
    }
  }

  const AttentionS8Shape& shape() const { return shape_; }
  std::vector<float> q, k, v;  // [rows][head_dim], [tokens][head_dim]

  // The output of rows first .. first + count - 1, one after the other. `intact` says whether all
  // else in `out` kept its canary.
  std::vector<float> run(const kernels::AttentionS8Kernel& kernel, std::size_t first,
                         std::size_t count) {
    using kernels::kKvBlockTokens;
    const int hd = shape_.head_dim;
    std::vector<GuardedBuffer<std::uint8_t>> blocks;
    std::vector<const std::uint8_t*> pointers;
    fill_blocks(kernel.shape, blocks, pointers);
    std::vector<std::int32_t> begin, end;
    std::vector<std::int64_t> offset;
    for (std::size_t r = first; r < first + count; ++r) {
      begin.push_back(shape_.rows[r].begin);
      end.push_back(shape_.rows[r].end);
      offset.push_back(offset_of(r));
    }
    GuardedBuffer<float> out(q_.size());
    std::fill(out.begin(), out.end(), kCanary);
    kernel.fn({.q = q_.data(),
               .q_offset = offset.data(),
               .kv_begin = begin.data(),
               .kv_end = end.data(),
               .rows = static_cast<int>(count),
               .blocks = pointers.data(),
               .head_dim = hd,
               .scale = shape_.scale,
               .soft_cap = shape_.soft_cap,
               .out = out.data()});
    std::vector<float> result;
    for (const std::int64_t at : offset) {
      for (int d = 0; d < hd; ++d) {
        float& value = out[static_cast<std::size_t>(at + d)];
        result.push_back(value);
        value = kCanary;
      }
    }
    intact = std::all_of(out.begin(), out.end(), [](float x) { return x == kCanary; });
    return result;
  }
  std::vector<float> run(const kernels::AttentionS8Kernel& kernel) {
    return run(kernel, 0, shape_.rows.size());
  }

  bool intact = true;

 private:
  // Rows lie in reverse order with a gap between them.
  std::int64_t offset_of(std::size_t row) const {
    return static_cast<std::int64_t>(shape_.rows.size() - 1 - row) * (shape_.head_dim + kGap);
  }

  static float quantize(const float* x, int n, std::int8_t* out) {
    float largest = 0;
    for (int i = 0; i < n; ++i) largest = std::max(largest, std::abs(x[i]));
    const float factor = largest > 0 ? 127.0f / largest : 0.0f;
    for (int i = 0; i < n; ++i) out[i] = static_cast<std::int8_t>(std::nearbyint(x[i] * factor));
    return largest / 127.0f;
  }

  void fill_blocks(const kernels::KvShape& kv, std::vector<GuardedBuffer<std::uint8_t>>& blocks,
                   std::vector<const std::uint8_t*>& pointers) const {
    using kernels::kKvBlockTokens;
    const int hd = shape_.head_dim;
    std::vector<float> centre(static_cast<std::size_t>(hd));
    if (shape_.subtract_mean) kernels::mean_key(k.data(), hd, tokens_, hd, centre.data());
    for (int b = 0; b * kKvBlockTokens < tokens_; ++b) {
      if ((b + 1) * kKvBlockTokens <= first_) {
        pointers.push_back(nullptr);
        continue;
      }
      auto& block = blocks.emplace_back(static_cast<std::size_t>(kernels::kv_block_bytes(hd)));
      std::fill(block.begin(), block.end(), garbage_);
      for (int t = b * kKvBlockTokens; t < std::min(tokens_, (b + 1) * kKvBlockTokens); ++t) {
        std::vector<float> key(static_cast<std::size_t>(hd));
        kernels::centre_key(k.data() + t * hd, centre.data(), hd, key.data());
        std::int8_t kq[kernels::kMaxHeadDim], vq[kernels::kMaxHeadDim];
        const float k_scale = quantize(key.data(), hd, kq);
        const float v_scale = quantize(v.data() + t * hd, hd, vq);
        kernels::write_kv(kv, hd, t % kKvBlockTokens, kq, k_scale, vq, v_scale, block.data());
      }
      pointers.push_back(block.data());
    }
  }

  AttentionS8Shape shape_;
  std::uint8_t garbage_;
  int tokens_ = 0, first_ = 0;
  GuardedBuffer<float> q_;
};

}  // namespace pincer::test
