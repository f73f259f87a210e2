// Tiles of rows by panels on AVX512-VNNI, for GEMM kernels.
//
// vpdpbusd multiplies unsigned by signed bytes. The unsigned operand is the stored weight, w + 128;
// the signed one is four activations of a row, broadcast. Accumulators start at the row's
// correction, -128 * sum a, so they end at sum a * w.
#pragma once

#include <immintrin.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr std::int64_t kUnroll =
    4;  // k-blocks per turn of the inner loop: 8 blocks make the smallest group

// What is the same for every tile of a call.
struct Shape {
  std::int64_t groups;
  std::int64_t group_blocks;  // k-blocks of kKr in a group
  std::int64_t panel_bytes;
  std::int64_t scales_offset;  // from a panel's start, bytes
};

// Pointers to a tile's first row and first panel.
struct Tile {
  const std::int8_t* a;
  std::int64_t a_stride;
  const float* a_scale;
  const std::int32_t* correction;
  const std::uint8_t* w;
  const float* bias;  // or null
  float* c;
  std::int64_t c_stride;
  std::int64_t channels;  // to write, at least 1
  // Weights that are needed soon, read along: of each k-block one line at either address.
  const std::uint8_t* ahead[2];
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

// The lanes of panel `p` that are channels of the matrix.
inline __mmask16 lanes(std::int64_t channels, int p) {
  const std::int64_t left = channels - p * kNr;
  return left >= kNr ? 0xffff : static_cast<__mmask16>((1u << left) - 1);
}

template <int kM, int kP>
void store_tile(const Tile& t, const __m512 (&sum)[kM][kP]) {
#pragma GCC unroll 4
  for (int p = 0; p < kP; ++p) {
    const __mmask16 mask = lanes(t.channels, p);
    const __m512 bias =
        t.bias ? _mm512_maskz_loadu_ps(mask, t.bias + p * kNr) : _mm512_setzero_ps();
#pragma GCC unroll 8
    for (int m = 0; m < kM; ++m) {
      const __m512 out = t.bias ? _mm512_add_ps(sum[m][p], bias) : sum[m][p];
      _mm512_mask_storeu_ps(t.c + m * t.c_stride + p * kNr, mask, out);
    }
  }
}

template <int kM, int kP, bool kAhead>
void compute_tile(const Shape& s, const Tile& t) {
  __m512 sum[kM][kP];
#pragma GCC unroll 8
  for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) sum[m][p] = _mm512_setzero_ps();
  }
  const std::int8_t* a = t.a;
  const std::uint8_t* w = t.w;
  for (std::int64_t g = 0; g < s.groups; ++g) {
    __m512i acc[kM][kP];
#pragma GCC unroll 8
    for (int m = 0; m < kM; ++m) {
      const __m512i start = _mm512_set1_epi32(t.correction[m * s.groups + g]);
#pragma GCC unroll 4
      for (int p = 0; p < kP; ++p) acc[m][p] = start;
    }
    std::int64_t blocks = s.group_blocks;
    do {
#pragma GCC unroll 4
      for (int u = 0; u < kUnroll; ++u) {
        __m512i weights[kP];
#pragma GCC unroll 4
        for (int p = 0; p < kP; ++p) weights[p] = _mm512_loadu_si512(w + p * s.panel_bytes);
#pragma GCC unroll 8
        for (int m = 0; m < kM; ++m) {
          const __m512i row = broadcast4(a + m * t.a_stride);
#pragma GCC unroll 4
          for (int p = 0; p < kP; ++p) acc[m][p] = _mm512_dpbusd_epi32(acc[m][p], weights[p], row);
        }
        if constexpr (kAhead) {
          _mm_prefetch(t.ahead[0] + (w - t.w), _MM_HINT_T1);
          _mm_prefetch(t.ahead[1] + (w - t.w), _MM_HINT_T1);
        }
        a += kKr;
        w += kNr * kKr;
      }
      blocks -= kUnroll;
    } while (blocks > 0);
    const std::uint8_t* scales = t.w + s.scales_offset + g * kNr * 2;
    __m512 w_scale[kP];
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) w_scale[p] = load_scales(scales + p * s.panel_bytes);
#pragma GCC unroll 8
    for (int m = 0; m < kM; ++m) {
      const __m512 a_scale = _mm512_set1_ps(t.a_scale[m * s.groups + g]);
#pragma GCC unroll 4
      for (int p = 0; p < kP; ++p) {
        sum[m][p] =
            _mm512_fmadd_ps(to_float(acc[m][p]), _mm512_mul_ps(a_scale, w_scale[p]), sum[m][p]);
      }
    }
  }
  store_tile<kM, kP>(t, sum);
}

inline Shape shape_of(const GemmArgs& args) {
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
  return s;
}

// The tile at row m and panel `panel`, `panels` wide.
inline Tile tile_at(const GemmArgs& args, const Shape& s, std::int64_t m, std::int64_t panel,
                    std::int64_t panels) {
  const std::int64_t column = panel * kNr;
  const std::int64_t left = args.w.header->n - column;
  Tile t;
  t.a = args.a.q + m * args.a.stride;
  t.a_stride = args.a.stride;
  t.a_scale = args.a.scale + m * s.groups;
  t.correction = args.a.correction + m * s.groups;
  t.w = args.w.panel(panel);
  t.bias = args.bias ? args.bias + column : nullptr;
  t.c = args.c + m * args.c_stride + column;
  t.c_stride = args.c_stride;
  t.channels = left < panels * kNr ? left : panels * kNr;
  t.ahead[0] = t.ahead[1] = t.w;
  return t;
}

}  // namespace
}  // namespace pincer::kernels
