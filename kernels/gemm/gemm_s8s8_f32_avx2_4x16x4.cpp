// GEMM on AVX2: tiles of up to 4 rows by one panel of 16 channels.
//
// maddubs multiplies unsigned by signed bytes and adds pairs in 16 bits. The unsigned operand is
// |a|, the signed one is w with a's sign: 2 * 128 * 127 = 32512 fits, because w is never -128. The
// layout is that of AVX512-VNNI, w + 128 as a byte, so that every x86 kernel reads the same pool;
// flipping the top bit gives w back, once per vector of weights and tile.
//
// Eight integer accumulators, two vectors of weights and the operands of one row fill the 16
// registers; the float sums are touched once per group and may live in memory.
#include <immintrin.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr int kRows = 4;
constexpr int kHalves = 2;  // vectors of 8 channels in a panel
constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr std::int64_t kVector = 32;  // bytes: 8 channels of 4 k
constexpr int kUnroll = 2;            // k-blocks per turn of the inner loop

// What is the same for every tile of a call.
struct Shape {
  std::int64_t groups;
  std::int64_t group_blocks;   // k-blocks of kKr in a group
  std::int64_t scales_offset;  // from a panel's start, bytes
};

// Pointers to a tile's first row and its panel.
struct Tile {
  const std::int8_t* a;
  std::int64_t a_stride;
  const float* a_scale;
  const std::uint8_t* w;
  const float* bias;  // or null
  float* c;
  std::int64_t c_stride;
  std::int64_t channels;  // to write, at least 1
};

inline __m256i broadcast4(const std::int8_t* a) {
  std::int32_t word;
  __builtin_memcpy(&word, a, sizeof word);
  return _mm256_set1_epi32(word);
}

inline __m256i load_weights(const std::uint8_t* w) {
  const __m256i stored = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w));
  return _mm256_xor_si256(stored, _mm256_set1_epi8(-128));
}

inline __m256 load_scales(const std::uint8_t* bf16) {
  const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bf16));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

// acc + the four products of each channel.
inline __m256i dot4(__m256i acc, __m256i abs_a, __m256i a, __m256i w) {
  const __m256i pairs = _mm256_maddubs_epi16(abs_a, _mm256_sign_epi8(w, a));
  return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

// All ones in the lanes of half `h` that are channels of the matrix.
inline __m256i lanes(std::int64_t channels, int h) {
  const std::int64_t left = channels - h * 8;
  const int count = left > 8 ? 8 : static_cast<int>(left);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

template <int kM>
void store_tile(const Tile& t, const __m256 (&sum)[kM][kHalves]) {
#pragma GCC unroll 2
  for (int h = 0; h < kHalves; ++h) {
    const __m256i mask = lanes(t.channels, h);
    const __m256 bias = t.bias ? _mm256_maskload_ps(t.bias + h * 8, mask) : _mm256_setzero_ps();
#pragma GCC unroll 4
    for (int m = 0; m < kM; ++m) {
      const __m256 out = t.bias ? _mm256_add_ps(sum[m][h], bias) : sum[m][h];
      _mm256_maskstore_ps(t.c + m * t.c_stride + h * 8, mask, out);
    }
  }
}

template <int kM>
void compute_tile(const Shape& s, const Tile& t) {
  __m256 sum[kM][kHalves];
#pragma GCC unroll 4
  for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) sum[m][h] = _mm256_setzero_ps();
  }
  const std::int8_t* a = t.a;
  const std::uint8_t* w = t.w;
  for (std::int64_t g = 0; g < s.groups; ++g) {
    __m256i acc[kM][kHalves];
#pragma GCC unroll 4
    for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 2
      for (int h = 0; h < kHalves; ++h) acc[m][h] = _mm256_setzero_si256();
    }
    std::int64_t blocks = s.group_blocks;
    do {
#pragma GCC unroll 2
      for (int u = 0; u < kUnroll; ++u) {
        const __m256i low = load_weights(w);
        const __m256i high = load_weights(w + kVector);
#pragma GCC unroll 4
        for (int m = 0; m < kM; ++m) {
          const __m256i row = broadcast4(a + m * t.a_stride);
          const __m256i abs_row = _mm256_abs_epi8(row);
          acc[m][0] = dot4(acc[m][0], abs_row, row, low);
          acc[m][1] = dot4(acc[m][1], abs_row, row, high);
        }
        a += kKr;
        w += kNr * kKr;
      }
      blocks -= kUnroll;
    } while (blocks > 0);
    const std::uint8_t* scales = t.w + s.scales_offset + g * kNr * 2;
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) {
      const __m256 w_scale = load_scales(scales + h * 16);
#pragma GCC unroll 4
      for (int m = 0; m < kM; ++m) {
        const __m256 scale = _mm256_mul_ps(_mm256_set1_ps(t.a_scale[m * s.groups + g]), w_scale);
        sum[m][h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc[m][h]), scale, sum[m][h]);
      }
    }
  }
  store_tile<kM>(t, sum);
}

void compute_rows(const Shape& s, const Tile& t, std::int64_t rows) {
  switch (rows) {
    case 1:
      return compute_tile<1>(s, t);
    case 2:
      return compute_tile<2>(s, t);
    case 3:
      return compute_tile<3>(s, t);
    default:
      return compute_tile<kRows>(s, t);
  }
}

}  // namespace

void gemm_s8s8_f32_avx2_4x16x4(const GemmArgs& args) noexcept {
  const PackedHeader& header = *args.w.header;
  const Layout& layout = header.layout;
  assert(layout.nr == kNr && layout.kr == kKr && layout.offset == 1 && layout.bits == 8);
  const std::int64_t k_padded = args.w.k_padded();
  const std::int64_t group = layout.group ? layout.group : k_padded;
  assert(group % (kUnroll * kKr) == 0 && args.a.stride >= k_padded);

  Shape s;
  s.groups = args.a.groups;
  s.group_blocks = group / kKr;
  s.scales_offset = k_padded * kNr;
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
    const std::int64_t column = panel * kNr;
    Tile t;
    t.a_stride = args.a.stride;
    t.w = args.w.panel(panel);
    t.bias = args.bias ? args.bias + column : nullptr;
    t.c_stride = args.c_stride;
    t.channels = header.n - column;
    for (std::int64_t m = args.m_begin; m < args.m_end; m += kRows) {
      t.a = args.a.q + m * args.a.stride;
      t.a_scale = args.a.scale + m * s.groups;
      t.c = args.c + m * args.c_stride + column;
      compute_rows(s, t, args.m_end - m);
    }
  }
}

}  // namespace pincer::kernels
