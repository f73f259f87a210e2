// One INT8 matrix product with everything around it: quantized rows, packed weights, bias and
// result in buffers that end at guard pages, and what the contract of gemm.h says the result is.
// The weights are packed here, from the description in matrix.h, and the expected values come
// straight from the formula: nothing is borrowed from the code under test but sizes.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pincer/kernels/gemm.h"
#include "pincer/kernels/kernel_table.h"
#include "pincer/kernels/pack.h"
#include "tests/kernels/emulated/emulated_kernels.h"
#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/guarded_buffer.h"

namespace pincer::test {

inline float widen_bf16(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

struct GemmShape {
  std::int64_t m = 1, n = 1, k = 1;
};

// Values by position: q(row, k).
using QuantFn = std::function<std::int8_t(std::int64_t, std::int64_t)>;

struct GemmValues {
  QuantFn a, w;
  bool unit_scales = false;
  bool bias = true;
};

// The largest weight.
inline int weight_limit(int bits) { return bits == 4 ? 7 : 127; }

// Uniform over the legal values: a in [-128, 127], w in [-127, 127] or, of 4 bits, in [-7, 7].
inline GemmValues random_values(FloatSource& source, int bits = 8) {
  const int limit = weight_limit(bits);
  return {.a = [&source](auto, auto) { return static_cast<std::int8_t>(source.below(256) - 128); },
          .w = [&source, limit](
                   auto,
                   auto) { return static_cast<std::int8_t>(source.below(2 * limit + 1) - limit); }};
}

class GemmCase {
 public:
  static constexpr float kCanary = -12345.75f;

  // For a kernel's way of interleaving rows. Strides are the smallest possible ones plus `slack`
  // elements, `slack` times ik when rows are interleaved.
  GemmCase(const kernels::Layout& layout, const kernels::GemmKernel& kernel, GemmShape shape,
           const GemmValues& values, FloatSource& source, std::int64_t slack = 0)
      : shape_(shape),
        ir_(kernel.ir),
        ik_(kernel.ik),
        header_(kernels::make_packed_header(layout, shape.n, shape.k)) {
    const kernels::PackedMatrix sizes{&header_};
    groups_ = sizes.groups();
    k_padded_ = sizes.k_padded();
    group_ = layout.group ? layout.group : k_padded_;
    fill_rows(values, source, slack);
    fill_weights(values, source);
    c_stride_ = shape.n + slack;
    c_ = GuardedBuffer<float>(size(shape.m > 0 ? (shape.m - 1) * c_stride_ + shape.n : 0));
    clear();
  }

  kernels::GemmArgs args() {
    return {.a = {.q = a_.data(),
                  .stride = a_stride_,
                  .scale = a_scale_.data(),
                  .correction = correction_.data(),
                  .groups = groups_,
                  .rows = shape_.m,
                  .ir = ir_,
                  .ik = ik_},
            .w = weights(),
            .bias = has_bias_ ? bias_.data() : nullptr,
            .c = c_.data(),
            .c_stride = c_stride_,
            .m_end = shape_.m,
            .panel_end = weights().panels()};
  }
  kernels::PackedMatrix weights() const {
    return {reinterpret_cast<const kernels::PackedHeader*>(packed_.data())};
  }
  void clear() {
    for (float& value : c_) value = kCanary;
  }

  std::int64_t exact_sum(std::int64_t m, std::int64_t n, std::int64_t group) const {
    std::int64_t sum = 0;
    for (std::int64_t k = group * group_; k < std::min((group + 1) * group_, shape_.k); ++k) {
      sum += a_[a_index(m, k)] * w_[size(n * shape_.k + k)];
    }
    return sum;
  }
  float expected(std::int64_t m, std::int64_t n) const {
    float acc = 0.0f;
    for (std::int64_t g = 0; g < groups_; ++g) {
      const float scale =
          a_scale_[size(m * groups_ + g)] * widen_bf16(w_scale_[size(n * groups_ + g)]);
      acc = std::fma(static_cast<float>(exact_sum(m, n, g)), scale, acc);
    }
    return has_bias_ ? acc + bias_[size(n)] : acc;
  }

  // Empty when every element of the rectangle has the expected bits and everything else its canary;
  // else the first that has not.
  std::string problem(std::int64_t m_begin, std::int64_t m_end, std::int64_t n_begin,
                      std::int64_t n_end) const {
    for (std::int64_t at = 0; at < static_cast<std::int64_t>(c_.size()); ++at) {
      const std::int64_t m = at / c_stride_, n = at % c_stride_;
      const bool inside = m >= m_begin && m < m_end && n >= n_begin && n < n_end;
      const float want = inside ? expected(m, n) : kCanary;
      const float got = c_[size(at)];
      if (std::bit_cast<std::uint32_t>(got) != std::bit_cast<std::uint32_t>(want)) {
        return describe() + ": c[" + std::to_string(m) + "][" + std::to_string(n) + "] is " +
               std::to_string(got) + (inside ? ", expected " : ", canary ") + std::to_string(want);
      }
    }
    return {};
  }
  std::string problem() const { return problem(0, shape_.m, 0, shape_.n); }
  float result(std::int64_t m, std::int64_t n) const { return c_[size(m * c_stride_ + n)]; }

  std::string describe() const {
    const kernels::Layout& l = header_.layout;
    return "m=" + std::to_string(shape_.m) + " n=" + std::to_string(shape_.n) +
           " k=" + std::to_string(shape_.k) + " group=" + std::to_string(l.group) +
           " nr=" + std::to_string(l.nr) + " kr=" + std::to_string(l.kr) +
           " offset=" + std::to_string(l.offset) + " bits=" + std::to_string(l.bits) +
           " ir=" + std::to_string(ir_) + " ik=" + std::to_string(ik_);
  }

 private:
  static std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

  std::size_t a_index(std::int64_t m, std::int64_t k) const {
    return size(m / ir_ * ir_ * a_stride_ + k / ik_ * ir_ * ik_ + m % ir_ * ik_ + k % ik_);
  }

  void fill_rows(const GemmValues& values, FloatSource& source, std::int64_t slack) {
    a_stride_ = k_padded_ + slack * ik_;
    a_ = GuardedBuffer<std::int8_t>(size((shape_.m + ir_ - 1) / ir_ * ir_ * a_stride_));
    // Rows that do not exist, and what is beyond k_padded, where a kernel has no business.
    for (std::int8_t& q : a_) q = 99;
    a_scale_ = GuardedBuffer<float>(size(shape_.m * groups_));
    correction_ = GuardedBuffer<std::int32_t>(size(shape_.m * groups_));
    for (std::int64_t m = 0; m < shape_.m; ++m) {
      for (std::int64_t k = 0; k < shape_.k; ++k) {
        const std::int8_t q = values.a(m, k);
        a_[a_index(m, k)] = q;
        correction_[size(m * groups_ + k / group_)] -= 128 * q;
      }
      for (std::int64_t k = shape_.k; k < k_padded_; ++k) a_[a_index(m, k)] = 0;
      for (std::int64_t g = 0; g < groups_; ++g) {
        a_scale_[size(m * groups_ + g)] = values.unit_scales ? 1.0f : source.next() * 0.01f;
      }
    }
  }

  void fill_weights(const GemmValues& values, FloatSource& source) {
    const kernels::Layout& layout = header_.layout;
    const int zero = layout.offset == 0 ? 0 : layout.bits == 8 ? 0x80 : 0x88;
    packed_ = GuardedBuffer<std::uint8_t>(header_.bytes);
    std::memcpy(packed_.data(), &header_, sizeof header_);
    w_.resize(size(shape_.n * shape_.k));
    w_scale_.resize(size(shape_.n * groups_));
    has_bias_ = values.bias;
    bias_ = GuardedBuffer<float>(size(shape_.n));
    for (std::int64_t p = 0; p < weights().panels(); ++p) {
      auto* panel = const_cast<std::uint8_t*>(weights().panel(p));
      std::memset(panel, zero, size(weights().quant_bytes()));
    }
    for (std::int64_t n = 0; n < shape_.n; ++n) {
      auto* panel = const_cast<std::uint8_t*>(weights().panel(n / layout.nr));
      const std::int64_t lane = n % layout.nr;
      bias_[size(n)] = source.next(3.0f);
      for (std::int64_t k = 0; k < shape_.k; ++k) {
        const std::int8_t q = values.w(n, k);
        w_[size(n * shape_.k + k)] = q;
        store_weight(panel, lane, k, q);
      }
      for (std::int64_t g = 0; g < groups_; ++g) {
        const std::uint32_t bits =
            std::bit_cast<std::uint32_t>(values.unit_scales ? 1.0f : source.next());
        const auto scale = static_cast<std::uint16_t>(bits >> 16);
        w_scale_[size(n * groups_ + g)] = scale;
        std::memcpy(panel + weights().quant_bytes() + (g * layout.nr + lane) * 2, &scale, 2);
      }
    }
    packed_.make_read_only();
  }

  void store_weight(std::uint8_t* panel, std::int64_t lane, std::int64_t k, int q) const {
    const kernels::Layout& layout = header_.layout;
    const std::int64_t block = k / layout.kr, within = lane * layout.kr + k % layout.kr;
    if (layout.bits == 8) {
      panel[block * layout.nr * layout.kr + within] =
          static_cast<std::uint8_t>(layout.offset ? q + 128 : q);
      return;
    }
    std::uint8_t& byte = panel[block / 2 * layout.nr * layout.kr + within];
    const int nibble = (layout.offset ? q + 8 : q) & 15;
    byte = static_cast<std::uint8_t>(block % 2 == 0 ? (byte & 0xf0) | nibble
                                                    : (byte & 0x0f) | nibble << 4);
  }

  GemmShape shape_;
  std::int64_t ir_, ik_;
  kernels::PackedHeader header_;
  std::int64_t groups_ = 0, group_ = 0, k_padded_ = 0, a_stride_ = 0, c_stride_ = 0;
  bool has_bias_ = true;
  GuardedBuffer<std::int8_t> a_;
  GuardedBuffer<float> a_scale_;
  GuardedBuffer<std::int32_t> correction_;
  GuardedBuffer<std::uint8_t> packed_;
  GuardedBuffer<float> bias_, c_;
  std::vector<std::int8_t> w_;          // [n][k]
  std::vector<std::uint16_t> w_scale_;  // bf16 [n][groups]
};

// The layouts to try a kernel with: its own, or for a kernel that takes any, some of every kind.
// k is
// padded to 64, so the last group of 32 may be padding only.
inline std::vector<kernels::Layout> layouts_of(const kernels::GemmKernel& kernel) {
  std::vector<kernels::Layout> bases;
  if (!kernel.shape.any()) {
    bases.push_back(kernel.shape.layout(32));
  } else {
    bases = {{.nr = 16, .kr = 4, .offset = 1}, {.nr = 16, .kr = 4, .offset = 0},
             {.nr = 8, .kr = 8, .offset = 0},  {.nr = 12, .kr = 4, .offset = 0},
             {.nr = 1, .kr = 1, .offset = 0},  {.nr = 32, .kr = 2, .offset = 1}};
  }
  std::vector<kernels::Layout> layouts;
  for (kernels::Layout layout : bases) {
    layout.bits = kernel.shape.bits;
    for (const std::uint16_t group : {32, 0, 64}) {
      layout.group = group;
      layouts.push_back(layout);
    }
  }
  return layouts;
}

// Every row of the GEMM and GEMV lists and the emulated ones: the parameters of the contract's
// tests.
inline std::vector<const kernels::GemmKernel*> all_gemm_kernels() {
  std::vector<const kernels::GemmKernel*> rows;
  for (const kernels::GemmKernel& row : kernels::gemm_kernels()) rows.push_back(&row);
  for (const kernels::GemmKernel& row : kernels::gemm_few_kernels()) rows.push_back(&row);
  for (const kernels::GemmKernel& row : kernels::gemv_kernels()) rows.push_back(&row);
  for (const kernels::GemmKernel& row : emulated_gemm_kernels()) rows.push_back(&row);
  return rows;
}

}  // namespace pincer::test
