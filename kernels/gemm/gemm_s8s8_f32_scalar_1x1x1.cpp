// The reference: the contract of gemm.h written down, for any layout. Nothing here is tuned.
#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

float widen_bf16(std::uint16_t value) {
  const std::uint32_t bits = static_cast<std::uint32_t>(value) << 16;
  float out;
  __builtin_memcpy(&out, &bits, sizeof out);
  return out;
}

// Sum over k in [begin, end) of a[k] * w[channel][k], exact. `quants` is the panel's [k /
// kr][nr][kr]; `a` is the row, in runs of `ik` values that start `a_step` bytes apart.
std::int32_t dot(const Layout& layout, const std::uint8_t* quants, std::int64_t channel,
                 const std::int8_t* a, std::int64_t ik, std::int64_t a_step, std::int64_t begin,
                 std::int64_t end) {
  const std::int64_t kr = layout.kr;
  const int flip = layout.offset ? 128 : 0;
  std::int32_t sum = 0;
  for (std::int64_t k = begin; k < end; ++k) {
    const std::uint8_t w = quants[(k / kr * layout.nr + channel) * kr + k % kr];
    sum += static_cast<std::int8_t>(w ^ flip) * a[k / ik * a_step + k % ik];
  }
  return sum;
}

// One element of C, without the bias.
float element(const GemmArgs& args, std::int64_t m, std::int64_t panel, std::int64_t channel) {
  const Layout& layout = args.w.header->layout;
  const std::int64_t groups = args.a.groups, ir = args.a.ir, ik = args.a.ik;
  const std::int64_t group = layout.group ? layout.group : args.w.k_padded();
  const std::uint16_t* w_scales = args.w.panel_scales(panel);
  const std::int8_t* a = args.a.q + m / ir * ir * args.a.stride + m % ir * ik;
  float acc = 0.0f;
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int32_t sum =
        dot(layout, args.w.panel(panel), channel, a, ik, ir * ik, g * group, (g + 1) * group);
    const float scale =
        args.a.scale[m * groups + g] * widen_bf16(w_scales[g * layout.nr + channel]);
    acc = __builtin_fmaf(static_cast<float>(sum), scale, acc);
  }
  return acc;
}

}  // namespace

void gemm_s8s8_f32_scalar_1x1x1(const GemmArgs& args) noexcept {
  const std::int64_t nr = args.w.header->layout.nr;
  const std::int64_t n = args.w.header->n;
  assert(args.w.header->layout.bits == 8 && args.a.stride >= args.w.k_padded());
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
    const std::int64_t column = panel * nr;
    const std::int64_t channels = n - column < nr ? n - column : nr;
    for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
      float* c = args.c + m * args.c_stride + column;
      for (std::int64_t i = 0; i < channels; ++i) {
        const float value = element(args, m, panel, i);
        c[i] = args.bias ? value + args.bias[column + i] : value;
      }
    }
  }
}

}  // namespace pincer::kernels
