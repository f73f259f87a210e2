// GEMV on AVX2: one row by 4 panels of 16 channels.
//
// Four panels side by side for the same reasons as on AVX512-VNNI; the arithmetic and the layout
// are those of the AVX2 GEMM: |a| times w with a's sign, exact in 16 bits because w is never -128,
// and w + 128 as the stored byte.
#include <immintrin.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr int kPanels = 4;
constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr std::int64_t kVector = 32;  // bytes: 8 channels of 4 k
constexpr int kHalves = 2;            // vectors in a panel's k-block
constexpr int kUnroll = 2;            // k-blocks per turn of the inner loop

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
  const std::uint8_t* w;
  const float* bias;  // or null
  float* c;
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

template <int kP>
void store(const Strip& t, const __m256 (&sum)[kP][kHalves]) {
#pragma GCC unroll 4
  for (int p = 0; p < kP; ++p) {
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) {
      const std::int64_t at = p * kNr + h * 8;
      const __m256i mask = lanes(t.channels - p * kNr, h);
      __m256 out = sum[p][h];
      if (t.bias) out = _mm256_add_ps(out, _mm256_maskload_ps(t.bias + at, mask));
      _mm256_maskstore_ps(t.c + at, mask, out);
    }
  }
}

template <int kP>
void compute_strip(const Shape& s, const Strip& t) {
  __m256 sum[kP][kHalves];
#pragma GCC unroll 4
  for (int p = 0; p < kP; ++p) sum[p][0] = sum[p][1] = _mm256_setzero_ps();
  const std::int8_t* a = t.a;
  const std::uint8_t* w = t.w;
  for (std::int64_t g = 0; g < s.groups; ++g) {
    __m256i acc[kP][kHalves];
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) acc[p][0] = acc[p][1] = _mm256_setzero_si256();
    std::int64_t blocks = s.group_blocks;
    do {
#pragma GCC unroll 2
      for (int u = 0; u < kUnroll; ++u) {
        const __m256i row = broadcast4(a);
        const __m256i abs_row = _mm256_abs_epi8(row);
#pragma GCC unroll 4
        for (int p = 0; p < kP; ++p) {
          const std::uint8_t* block = w + p * s.panel_bytes;
          acc[p][0] = dot4(acc[p][0], abs_row, row, load_weights(block));
          acc[p][1] = dot4(acc[p][1], abs_row, row, load_weights(block + kVector));
        }
        a += kKr;
        w += kNr * kKr;
      }
      blocks -= kUnroll;
    } while (blocks > 0);
    const __m256 a_scale = _mm256_set1_ps(t.a_scale[g]);
    const std::uint8_t* scales = t.w + s.scales_offset + g * kNr * 2;
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) {
#pragma GCC unroll 2
      for (int h = 0; h < kHalves; ++h) {
        const __m256 w_scale = load_scales(scales + p * s.panel_bytes + h * 16);
        sum[p][h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc[p][h]), _mm256_mul_ps(a_scale, w_scale),
                                    sum[p][h]);
      }
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

void gemv_s8s8_f32_avx2_1x64x4(const GemmArgs& args) noexcept {
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
