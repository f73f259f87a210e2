// GEMM on AVX512-VNNI: tiles of up to 6 rows by 2 panels of 16 channels.
//
// vpdpbusd multiplies unsigned by signed bytes. The unsigned operand is the stored weight, w + 128;
// the signed one is four activations of a row, broadcast. Accumulators start at the row's
// correction, -128 * sum a, so they end at sum a * w. At 6 x 2 there are 12 integer and 12 float
// accumulators, which with 2 vectors of weights and the broadcast fit 32 registers, and 12
// independent chains hide the instruction's latency of 4 to 5 cycles.
//
// Panels are the outer loop: a pair of panels is read from memory once and stays in the L2 cache
// for all rows.
#include <immintrin.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr int kRows = 6;
constexpr int kPanels = 2;
constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr std::int64_t kUnroll =
    4;  // k-blocks per turn of the inner loop: 8 blocks make the smallest group

// What is the same for every tile of a call.
struct Shape {
  std::int64_t n;
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
  std::int64_t channels;  // to write, 1 .. kPanels * kNr
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
#pragma GCC unroll 2
  for (int p = 0; p < kP; ++p) {
    const __mmask16 mask = lanes(t.channels, p);
    const __m512 bias =
        t.bias ? _mm512_maskz_loadu_ps(mask, t.bias + p * kNr) : _mm512_setzero_ps();
#pragma GCC unroll 6
    for (int m = 0; m < kM; ++m) {
      const __m512 out = t.bias ? _mm512_add_ps(sum[m][p], bias) : sum[m][p];
      _mm512_mask_storeu_ps(t.c + m * t.c_stride + p * kNr, mask, out);
    }
  }
}

template <int kM, int kP>
void compute_tile(const Shape& s, const Tile& t) {
  __m512 sum[kM][kP];
#pragma GCC unroll 6
  for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 2
    for (int p = 0; p < kP; ++p) sum[m][p] = _mm512_setzero_ps();
  }
  const std::int8_t* a = t.a;
  const std::uint8_t* w = t.w;
  for (std::int64_t g = 0; g < s.groups; ++g) {
    __m512i acc[kM][kP];
#pragma GCC unroll 6
    for (int m = 0; m < kM; ++m) {
      const __m512i start = _mm512_set1_epi32(t.correction[m * s.groups + g]);
#pragma GCC unroll 2
      for (int p = 0; p < kP; ++p) acc[m][p] = start;
    }
    std::int64_t blocks = s.group_blocks;
    do {
#pragma GCC unroll 4
      for (int u = 0; u < kUnroll; ++u) {
        __m512i weights[kP];
#pragma GCC unroll 2
        for (int p = 0; p < kP; ++p) weights[p] = _mm512_loadu_si512(w + p * s.panel_bytes);
#pragma GCC unroll 6
        for (int m = 0; m < kM; ++m) {
          const __m512i row = broadcast4(a + m * t.a_stride);
#pragma GCC unroll 2
          for (int p = 0; p < kP; ++p) acc[m][p] = _mm512_dpbusd_epi32(acc[m][p], weights[p], row);
        }
        a += kKr;
        w += kNr * kKr;
      }
      blocks -= kUnroll;
    } while (blocks > 0);
    const std::uint8_t* scales = t.w + s.scales_offset + g * kNr * 2;
    __m512 w_scale[kP];
#pragma GCC unroll 2
    for (int p = 0; p < kP; ++p) w_scale[p] = load_scales(scales + p * s.panel_bytes);
#pragma GCC unroll 6
    for (int m = 0; m < kM; ++m) {
      const __m512 a_scale = _mm512_set1_ps(t.a_scale[m * s.groups + g]);
#pragma GCC unroll 2
      for (int p = 0; p < kP; ++p) {
        sum[m][p] =
            _mm512_fmadd_ps(to_float(acc[m][p]), _mm512_mul_ps(a_scale, w_scale[p]), sum[m][p]);
      }
    }
  }
  store_tile<kM, kP>(t, sum);
}

template <int kP>
void compute_rows(const Shape& s, const Tile& t, std::int64_t rows) {
  switch (rows) {
    case 1:
      return compute_tile<1, kP>(s, t);
    case 2:
      return compute_tile<2, kP>(s, t);
    case 3:
      return compute_tile<3, kP>(s, t);
    case 4:
      return compute_tile<4, kP>(s, t);
    case 5:
      return compute_tile<5, kP>(s, t);
    default:
      return compute_tile<6, kP>(s, t);
  }
}

}  // namespace

void gemm_s8s8_f32_avx512vnni_6x32x4(const GemmArgs& args) noexcept {
  const PackedHeader& header = *args.w.header;
  const Layout& layout = header.layout;
  assert(layout.nr == kNr && layout.kr == kKr && layout.offset == 1 && layout.bits == 8);
  const std::int64_t k_padded = args.w.k_padded();
  const std::int64_t group = layout.group ? layout.group : k_padded;
  assert(group % (kUnroll * kKr) == 0 && args.a.stride >= k_padded);

  Shape s;
  s.n = header.n;
  s.groups = args.a.groups;
  s.group_blocks = group / kKr;
  s.panel_bytes = static_cast<std::int64_t>(header.panel_bytes);
  s.scales_offset = k_padded * kNr;
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; panel += kPanels) {
    const std::int64_t column = panel * kNr;
    Tile t;
    t.a_stride = args.a.stride;
    t.w = args.w.panel(panel);
    t.bias = args.bias ? args.bias + column : nullptr;
    t.c_stride = args.c_stride;
    const std::int64_t panels = args.panel_end - panel < kPanels ? 1 : kPanels;
    t.channels = s.n - column < panels * kNr ? s.n - column : panels * kNr;
    for (std::int64_t m = args.m_begin; m < args.m_end; m += kRows) {
      const std::int64_t rows = args.m_end - m < kRows ? args.m_end - m : kRows;
      t.a = args.a.q + m * args.a.stride;
      t.a_scale = args.a.scale + m * s.groups;
      t.correction = args.a.correction + m * s.groups;
      t.c = args.c + m * args.c_stride + column;
      if (panels == 1) {
        compute_rows<1>(s, t, rows);
      } else {
        compute_rows<2>(s, t, rows);
      }
    }
  }
}

}  // namespace pincer::kernels
