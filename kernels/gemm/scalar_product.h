// The reference: the contract of gemm.h written down, for weights in any layout. Nothing here is
// tuned.
//
// W(layout, quants, channel, block) are the weights of a channel in a k-block: W[j], 0 <= j < kr.
#pragma once

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

struct ByteWeights {
  static constexpr int kBits = 8;
  const std::uint8_t* bytes;
  int flip;

  ByteWeights(const Layout& layout, const std::uint8_t* quants, std::int64_t channel,
              std::int64_t block)
      : bytes(quants + (block * layout.nr + channel) * layout.kr), flip(layout.offset ? 128 : 0) {}
  int operator[](std::int64_t j) const { return static_cast<std::int8_t>(bytes[j] ^ flip); }
};

struct NibbleWeights {
  static constexpr int kBits = 4;
  const std::uint8_t* bytes;
  int shift, flip;

  NibbleWeights(const Layout& layout, const std::uint8_t* quants, std::int64_t channel,
                std::int64_t block)
      : bytes(quants + (block / 2 * layout.nr + channel) * layout.kr),
        shift(block % 2 == 0 ? 0 : 4),
        flip(layout.offset ? 0 : 8) {}
  int operator[](std::int64_t j) const { return ((bytes[j] >> shift & 15) ^ flip) - 8; }
};

inline float widen_bf16(std::uint16_t value) {
  const std::uint32_t bits = static_cast<std::uint32_t>(value) << 16;
  float out;
  __builtin_memcpy(&out, &bits, sizeof out);
  return out;
}

// A row of activations, in runs of `run` values that start `step` bytes apart.
struct Row {
  const std::int8_t* q;
  std::int64_t run, step;
  int operator[](std::int64_t k) const { return q[k / run * step + k % run]; }
};

// Sum over k in [begin, end) of a[k] * w[channel][k], exact.
template <class W>
std::int32_t dot(const Layout& layout, const std::uint8_t* quants, std::int64_t channel,
                 const Row& a, std::int64_t begin, std::int64_t end) {
  const std::int64_t kr = layout.kr;
  std::int32_t sum = 0;
  for (std::int64_t block = begin / kr; block < end / kr; ++block) {
    const W w(layout, quants, channel, block);
    for (std::int64_t j = 0; j < kr; ++j) sum += w[j] * a[block * kr + j];
  }
  return sum;
}

// One element of C, without the bias.
template <class W>
float element(const GemmArgs& args, std::int64_t m, std::int64_t panel, std::int64_t channel) {
  const Layout& layout = args.w.header->layout;
  const std::int64_t groups = args.a.groups, ir = args.a.ir, ik = args.a.ik;
  const std::int64_t group = layout.group ? layout.group : args.w.k_padded();
  const std::uint16_t* w_scales = args.w.panel_scales(panel);
  const Row a{args.a.q + m / ir * ir * args.a.stride + m % ir * ik, ik, ir * ik};
  float acc = 0.0f;
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int32_t sum =
        dot<W>(layout, args.w.panel(panel), channel, a, g * group, (g + 1) * group);
    const float scale =
        args.a.scale[m * groups + g] * widen_bf16(w_scales[g * layout.nr + channel]);
    acc = __builtin_fmaf(static_cast<float>(sum), scale, acc);
  }
  return acc;
}

template <class W>
void scalar_product(const GemmArgs& args) {
  const std::int64_t nr = args.w.header->layout.nr;
  const std::int64_t n = args.w.header->n;
  assert(args.w.header->layout.bits == W::kBits && args.a.stride >= args.w.k_padded());
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
    const std::int64_t column = panel * nr;
    const std::int64_t channels = n - column < nr ? n - column : nr;
    for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
      float* c = args.c + m * args.c_stride + column;
      for (std::int64_t i = 0; i < channels; ++i) {
        const float value = element<W>(args, m, panel, i);
        c[i] = args.bias ? value + args.bias[column + i] : value;
      }
    }
  }
}

}  // namespace
}  // namespace pincer::kernels
