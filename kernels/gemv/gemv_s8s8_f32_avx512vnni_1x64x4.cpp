// GEMV on AVX512-VNNI: one row by 4 panels of 16 channels.
//
// Weights are read once, so the speed is that of reading. Four panels side by side are four streams
// for the hardware prefetchers, share the broadcasts of the row, and are independent chains for
// vpdpbusd. Measured on Zen 4 with weights in DRAM and groups of 32: one panel at a time with four
// chains read about 20 % slower (no slower per channel). On that form, prefetching the quants into
// L1 slowed it down further, and no other software prefetch gained more than the noise.
#include <immintrin.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr int kPanels = 4;
constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr int kUnroll = 8;  // k-blocks per turn of the inner loop: the smallest group

// What is the same for every row and panel of a call.
struct Shape {
  std::int64_t groups;
  std::int64_t group_blocks;  // k-blocks of kKr in a group
  std::int64_t panel_bytes;
  std::int64_t scales_offset;  // from a panel's start, bytes
};

// One row, from its start; the panels' first; the output's first channel.
struct Strip {
  const std::int8_t* a;
  const float* a_scale;
  const std::int32_t* correction;
  const std::uint8_t* w;
  const float* bias;  // or null
  float* c;
  std::int64_t channels;  // to write, at least 1
};

inline __m512i broadcast4(const std::int8_t* a) {
  std::int32_t word;
  __builtin_memcpy(&word, a, sizeof word);
  return _mm512_set1_epi32(word);
}

// Conversions as vector operations: gcc 12 warns of uninitialized values inside its own intrinsics
// for them.
inline __m512 to_float(__m512i v) {
  return __builtin_convertvector(reinterpret_cast<__v16si>(v), __v16sf);
}

inline __m512 load_scales(const std::uint8_t* bf16) {
  const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bf16));
  const __v16su wide = __builtin_convertvector(reinterpret_cast<__v16hu>(half), __v16su);
  return reinterpret_cast<__m512>(wide << 16);
}

template <int kP>
void store(const Strip& t, const __m512 (&sum)[kP]) {
#pragma GCC unroll 4
  for (int p = 0; p < kP; ++p) {
    const std::int64_t left = t.channels - p * kNr;
    const __mmask16 mask = left >= kNr ? 0xffff : static_cast<__mmask16>((1u << left) - 1);
    __m512 out = sum[p];
    if (t.bias) out = _mm512_add_ps(out, _mm512_maskz_loadu_ps(mask, t.bias + p * kNr));
    _mm512_mask_storeu_ps(t.c + p * kNr, mask, out);
  }
}

template <int kP>
void compute_strip(const Shape& s, const Strip& t) {
  __m512 sum[kP];
#pragma GCC unroll 4
  for (int p = 0; p < kP; ++p) sum[p] = _mm512_setzero_ps();
  const std::int8_t* a = t.a;
  const std::uint8_t* w = t.w;
  for (std::int64_t g = 0; g < s.groups; ++g) {
    // vpdpbusd: the unsigned operand is the stored weight, w + 128; the correction, -128 * sum a,
    // makes good for it.
    __m512i acc[kP];
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) acc[p] = _mm512_set1_epi32(t.correction[g]);
    std::int64_t blocks = s.group_blocks;
    do {
#pragma GCC unroll 8
      for (int u = 0; u < kUnroll; ++u) {
        const __m512i row = broadcast4(a + u * kKr);
#pragma GCC unroll 4
        for (int p = 0; p < kP; ++p) {
          const __m512i weights = _mm512_loadu_si512(w + p * s.panel_bytes + u * kNr * kKr);
          acc[p] = _mm512_dpbusd_epi32(acc[p], weights, row);
        }
      }
      a += kUnroll * kKr;
      w += kUnroll * kNr * kKr;
      blocks -= kUnroll;
    } while (blocks > 0);
    const __m512 a_scale = _mm512_set1_ps(t.a_scale[g]);
    const std::uint8_t* scales = t.w + s.scales_offset + g * kNr * 2;
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) {
      const __m512 scale = _mm512_mul_ps(a_scale, load_scales(scales + p * s.panel_bytes));
      sum[p] = _mm512_fmadd_ps(to_float(acc[p]), scale, sum[p]);
    }
  }
  store<kP>(t, sum);
}

void compute_panels(const Shape& s, const Strip& t, std::int64_t panels) {
  switch (panels) {
    case 1:
      return compute_strip<1>(s, t);
    case 2:
      return compute_strip<2>(s, t);
    case 3:
      return compute_strip<3>(s, t);
    default:
      return compute_strip<kPanels>(s, t);
  }
}

}  // namespace

void gemv_s8s8_f32_avx512vnni_1x64x4(const GemmArgs& args) noexcept {
  const PackedHeader& header = *args.w.header;
  const Layout& layout = header.layout;
  assert(layout.nr == kNr && layout.kr == kKr && layout.offset == 1 && layout.bits == 8);
  const std::int64_t k_padded = args.w.k_padded();
  const std::int64_t group = layout.group ? layout.group : k_padded;
  assert(group % (kUnroll * kKr) == 0 && args.a.stride >= k_padded);

  Shape s;
  s.groups = args.a.groups;
  s.group_blocks = group / kKr;
  s.panel_bytes = static_cast<std::int64_t>(header.panel_bytes);
  s.scales_offset = k_padded * kNr;
  for (std::int64_t m = args.m_begin; m < args.m_end; ++m) {
    Strip t;
    t.a = args.a.q + m * args.a.stride;
    t.a_scale = args.a.scale + m * s.groups;
    t.correction = args.a.correction + m * s.groups;
    for (std::int64_t panel = args.panel_begin; panel < args.panel_end; panel += kPanels) {
      const std::int64_t column = panel * kNr;
      const std::int64_t left = args.panel_end - panel;
      t.w = args.w.panel(panel);
      t.bias = args.bias ? args.bias + column : nullptr;
      t.c = args.c + m * args.c_stride + column;
      t.channels = header.n - column;
      compute_panels(s, t, left);
    }
  }
}

}  // namespace pincer::kernels
