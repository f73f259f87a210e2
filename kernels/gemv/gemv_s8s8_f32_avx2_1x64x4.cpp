// GEMV on AVX2: one row by 4 panels of 16 channels.
//
// Four panels side by side for the same reasons as on AVX512-VNNI; the arithmetic and the layout
// are those of the AVX2 GEMM: |a| times w, or times ~w where a is negative, by an exclusive or that
// turns the stored byte, w + 128, into w as well; accumulators start at what that lacks.
#include <immintrin.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr int kPanels = 4;
constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr std::int64_t kVector = 32;   // bytes: 8 channels of 4 k
constexpr int kHalves = 2;             // vectors in a panel's k-block
constexpr std::int64_t kAhead = 4096;  // bytes from a weight to what is fetched along with it

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

inline __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

inline __m256 load_scales(const std::uint8_t* bf16) {
  const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bf16));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

// One k-block of the row, ready to be multiplied.
struct Operand {
  __m256i magnitude;  // |a|
  __m256i flip;       // 0x7f where a < 0, else 0x80
};

inline Operand prepare(const std::int8_t* a) {
  const __m256i row = broadcast4(a);
  const __m256i negative = _mm256_cmpgt_epi8(_mm256_setzero_si256(), row);
  return {_mm256_abs_epi8(row), _mm256_xor_si256(negative, _mm256_set1_epi8(-128))};
}

// acc + the four products of each channel. 2 * 128 * -128 fits 16 bits: w is never -128.
inline __m256i dot4(__m256i acc, const Operand& a, __m256i stored) {
  const __m256i pairs = _mm256_maddubs_epi16(a.magnitude, _mm256_xor_si256(stored, a.flip));
  return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

// Sum of |a|, a < 0, of `count` values, a multiple of 32.
inline std::int32_t lacking(const std::int8_t* a, std::int64_t count) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i sum = zero;  // four of 64 bits
  for (std::int64_t k = 0; k < count; k += 32) {
    const __m256i bytes = load(a + k);
    const __m256i negative = _mm256_cmpgt_epi8(zero, bytes);
    const __m256i lacks = _mm256_and_si256(_mm256_abs_epi8(bytes), negative);
    sum = _mm256_add_epi64(sum, _mm256_sad_epu8(lacks, zero));
  }
  const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  return _mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 2);
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
    const __m256i start = _mm256_set1_epi32(lacking(a, s.group_blocks * kKr));
    __m256i acc[kP][kHalves];
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) acc[p][0] = acc[p][1] = start;
    for (std::int64_t block = 0; block < s.group_blocks; ++block, a += kKr, w += kNr * kKr) {
      const Operand operand = prepare(a);
#pragma GCC unroll 4
      for (int p = 0; p < kP; ++p) {
        const std::uint8_t* stored = w + p * s.panel_bytes;
        _mm_prefetch(stored + kAhead, _MM_HINT_T1);
        acc[p][0] = dot4(acc[p][0], operand, load(stored));
        acc[p][1] = dot4(acc[p][1], operand, load(stored + kVector));
        // Steps stay in this order: gcc's own is slower by 5 %.
        __asm__ volatile("" : "+x"(acc[p][0]), "+x"(acc[p][1]));
      }
    }
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
  assert(group % 32 == 0 && args.a.stride >= k_padded);

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
