// GEMM on AVX2: tiles of up to 3 rows by 2 panels of 16 channels.
//
// vpmaddubsw multiplies unsigned by signed bytes and adds pairs in 16 bits. The unsigned operand is
// |a|, the signed one is w, or ~w = -w - 1 where a is negative: 2 * 128 * -128 fits, because w is
// never -128. An exclusive or does that and turns the stored byte, w + 128, into w as well. It runs
// on any vector unit, unlike vpsignb, which competes with the multiplications. Compared to sum a *
// w the sum of |a| lacks the |a| of every negative a, and accumulators start at just that.
//
// |a| and the operand of the exclusive or are made once for kPanels panels, a chunk of k at a time.
// At 3 rows by 4 vectors of channels there are 12 accumulators, which with the operands of one row,
// a product and the ones of vpmaddwd fill the 16 registers; weights are memory operands. Between
// chunks the accumulators rest in memory.
#include <immintrin.h>

#include <cassert>
#include <cstdint>

#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr int kRows = 3;
constexpr int kTilePanels = 2;
constexpr int kTiles = 4;           // of kRows, that share a chunk of weights in the L1 cache
constexpr int kPanels = 16;         // that share the prepared activations
constexpr int kHalves = 2;          // vectors of 8 channels in a panel
constexpr std::int64_t kLanes = 8;  // channels in a vector
constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr std::int64_t kChunk = 512;   // k values at a time: 12 KiB of operands, 16 KiB of weights
constexpr std::int64_t kRun = 32;      // k values in a vector of activations
constexpr std::int64_t kAhead = 4096;  // bytes: weights are fetched into the L2 cache so far ahead

// What is the same for every tile of a call.
struct Shape {
  std::int64_t groups;
  std::int64_t group;  // k values in one
  std::int64_t k;      // to compute: whole groups
  std::int64_t k_padded;
  std::int64_t panel_bytes;
};

// k values begin .. end-1; `group` is that of the first.
struct Chunk {
  std::int64_t begin, end;
  std::int64_t group;
};

// Pointers to a tile's first row and its first panel.
struct Tile {
  std::int64_t row;  // of the operands
  const float* a_scale;
  const std::uint8_t* w;
  const float* bias;  // or null
  float* c;
  std::int64_t channels;  // to write, at least 1
};

// The activations of a chunk, ready for multiply().
struct Operands {
  alignas(32) std::uint8_t magnitude[kTiles * kRows][kChunk];  // |a|
  alignas(32) std::uint8_t flip[kTiles * kRows][kChunk];       // 0x7f where a < 0, else 0x80
  // Sum of |a|, a < 0, over each group's part in the chunk.
  std::int32_t lacking[kTiles * kRows][kChunk / kRun];
};

// What a tile has reached when a chunk ends.
struct Progress {
  __m256i acc[kRows][kTilePanels * kHalves];
  __m256 sum[kRows][kTilePanels * kHalves];
};

inline __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

inline __m256i broadcast4(const std::uint8_t* a) {
  std::int32_t word;
  __builtin_memcpy(&word, a, sizeof word);
  return _mm256_set1_epi32(word);
}

inline __m256 load_scales(const std::uint8_t* bf16) {
  const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bf16));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

// All ones in the lanes of half `h` that are channels of the matrix.
inline __m256i lanes(std::int64_t channels, int h) {
  const std::int64_t left = channels - h * kLanes;
  const int count = left > kLanes ? kLanes : static_cast<int>(left);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

inline std::int32_t add_lanes(__m256i v) {  // four of 64 bits
  const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  return _mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 2);
}

// The operands of `rows` rows from `a`.
void prepare(const Shape& s, const Chunk& chunk, const std::int8_t* a, std::int64_t stride,
             std::int64_t rows, Operands& out) {
  const __m256i zero = _mm256_setzero_si256();
  for (std::int64_t m = 0; m < rows; ++m) {
    std::int64_t group_end = (chunk.group + 1) * s.group;
    std::int32_t* lacking = out.lacking[m];
    for (std::int64_t at = chunk.begin; at < chunk.end; group_end += s.group) {
      const std::int64_t stop = group_end < chunk.end ? group_end : chunk.end;
      __m256i sum = zero;
      for (; at < stop; at += kRun) {
        const __m256i bytes = load(a + m * stride + at);
        const __m256i magnitude = _mm256_abs_epi8(bytes);
        const __m256i negative = _mm256_cmpgt_epi8(zero, bytes);
        const __m256i flip = _mm256_xor_si256(negative, _mm256_set1_epi8(-128));
        const std::int64_t to = at - chunk.begin;
        _mm256_store_si256(reinterpret_cast<__m256i*>(out.magnitude[m] + to), magnitude);
        _mm256_store_si256(reinterpret_cast<__m256i*>(out.flip[m] + to), flip);
        sum = _mm256_add_epi64(sum, _mm256_sad_epu8(_mm256_and_si256(magnitude, negative), zero));
      }
      *lacking++ = add_lanes(sum);
    }
  }
}

// acc += the four products of each channel. `w`: the first panel's k-block. Assembly, because gcc
// 12 regroups intrinsics until the accumulators find no registers.
template <int kV>
inline void multiply(__m256i (&acc)[kV], const std::uint8_t* w, std::int64_t panel_bytes,
                     __m256i flip, __m256i magnitude, __m256i ones) {
#pragma GCC unroll 4
  for (int v = 0; v < kV; ++v) {
    const std::uint8_t* stored = w + v / kHalves * panel_bytes + v % kHalves * kLanes * kKr;
    __m256i pairs;
    __asm__ volatile(
        "vpxor %[stored], %[flip], %[pairs]\n\t"
        "vpmaddubsw %[pairs], %[magnitude], %[pairs]\n\t"
        "vpmaddwd %[ones], %[pairs], %[pairs]\n\t"
        "vpaddd %[pairs], %[acc], %[acc]"
        : [acc] "+x"(acc[v]), [pairs] "=&x"(pairs)
        : [stored] "m"(*reinterpret_cast<const __m256i_u*>(stored)), [flip] "x"(flip),
          [magnitude] "x"(magnitude), [ones] "x"(ones));
  }
}

// k values begin .. end-1 of the chunk, whose weights start at `w`.
template <int kM, int kV>
inline void multiply_run(__m256i (&acc)[kM][kV], const Operands& a, std::int64_t row,
                         const std::uint8_t* w, std::int64_t panel_bytes, std::int64_t begin,
                         std::int64_t end) {
  const __m256i ones = _mm256_set1_epi16(1);
  for (std::int64_t k = begin; k < end; k += kKr) {
#pragma GCC unroll 2
    for (int p = 0; p < kV / kHalves; ++p) {
      _mm_prefetch(w + k * kNr + p * panel_bytes + kAhead, _MM_HINT_T1);
    }
#pragma GCC unroll 3
    for (int m = 0; m < kM; ++m) {
      const __m256i flip = broadcast4(a.flip[row + m] + k);
      const __m256i magnitude = broadcast4(a.magnitude[row + m] + k);
      multiply<kV>(acc[m], w + k * kNr, panel_bytes, flip, magnitude, ones);
    }
  }
}

template <int kM, int kV>
inline void add_group(const Shape& s, const Tile& t, std::int64_t group,
                      const __m256i (&acc)[kM][kV], Progress& progress) {
  const std::uint8_t* scales = t.w + (s.k_padded + group * 2) * kNr;
#pragma GCC unroll 4
  for (int v = 0; v < kV; ++v) {
    const __m256 w_scale = load_scales(scales + v / kHalves * s.panel_bytes + v % kHalves * 16);
#pragma GCC unroll 3
    for (int m = 0; m < kM; ++m) {
      const __m256 scale = _mm256_mul_ps(_mm256_set1_ps(t.a_scale[m * s.groups + group]), w_scale);
      __m256& sum = progress.sum[m][v];
      sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc[m][v]), scale, sum);
    }
  }
}

template <int kM, int kV>
void advance(const Shape& s, const Tile& t, const Chunk& chunk, const Operands& a,
             Progress& progress) {
  const std::uint8_t* w = t.w + chunk.begin * kNr;
  std::int64_t group = chunk.group;
  for (std::int64_t at = chunk.begin, part = 0; at < chunk.end; ++part) {
    const std::int64_t group_end = (group + 1) * s.group;
    const std::int64_t stop = group_end < chunk.end ? group_end : chunk.end;
    const bool fresh = at == group * s.group;
    __m256i acc[kM][kV];
#pragma GCC unroll 3
    for (int m = 0; m < kM; ++m) {
      const __m256i lacking = _mm256_set1_epi32(a.lacking[t.row + m][part]);
#pragma GCC unroll 4
      for (int v = 0; v < kV; ++v) {
        acc[m][v] = fresh ? lacking : _mm256_add_epi32(lacking, progress.acc[m][v]);
      }
    }
    multiply_run<kM, kV>(acc, a, t.row, w, s.panel_bytes, at - chunk.begin, stop - chunk.begin);
    if (stop == group_end) {
      add_group<kM, kV>(s, t, group++, acc, progress);
    } else {
#pragma GCC unroll 3
      for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 4
        for (int v = 0; v < kV; ++v) progress.acc[m][v] = acc[m][v];
      }
    }
    at = stop;
  }
}

void store(const Tile& t, std::int64_t c_stride, std::int64_t rows, const Progress& progress) {
  for (int v = 0; v < kTilePanels * kHalves && v * kLanes < t.channels; ++v) {
    const __m256i mask = lanes(t.channels, v);
    const __m256 bias =
        t.bias ? _mm256_maskload_ps(t.bias + v * kLanes, mask) : _mm256_setzero_ps();
    for (std::int64_t m = 0; m < rows; ++m) {
      const __m256 sum = progress.sum[m][v];
      const __m256 out = t.bias ? _mm256_add_ps(sum, bias) : sum;
      _mm256_maskstore_ps(t.c + m * c_stride + v * kLanes, mask, out);
    }
  }
}

using AdvanceFn = void (*)(const Shape&, const Tile&, const Chunk&, const Operands&, Progress&);
constexpr AdvanceFn kAdvance[kTilePanels][kRows] = {
    {advance<1, kHalves>, advance<2, kHalves>, advance<3, kHalves>},
    {advance<1, 2 * kHalves>, advance<2, 2 * kHalves>, advance<3, 2 * kHalves>}};

inline std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

// Rows m .. m + rows - 1 by panels panel .. panel + panels - 1.
void compute(const Shape& s, const GemmArgs& args, std::int64_t m, std::int64_t rows,
             std::int64_t panel, std::int64_t panels) {
  Operands operands;
  Progress progress[kPanels / kTilePanels][kTiles];
  for (auto& column : progress) {
    for (Progress& each : column) {
      for (auto& row : each.sum) {
        for (__m256& sum : row) sum = _mm256_setzero_ps();
      }
    }
  }
  Tile t;
  for (std::int64_t begin = 0; begin < s.k; begin += kChunk) {
    const Chunk chunk{begin, smaller(s.k, begin + kChunk), begin / s.group};
    prepare(s, chunk, args.a.q + m * args.a.stride, args.a.stride, rows, operands);
    for (std::int64_t p = 0; p < panels; p += kTilePanels) {
      t.w = args.w.panel(panel + p);
      const bool pair = panels - p >= kTilePanels;
      for (t.row = 0; t.row < rows; t.row += kRows) {
        t.a_scale = args.a.scale + (m + t.row) * s.groups;
        const std::int64_t left = smaller(kRows, rows - t.row);
        kAdvance[pair][left - 1](s, t, chunk, operands, progress[p / kTilePanels][t.row / kRows]);
      }
    }
  }
  for (std::int64_t p = 0; p < panels; p += kTilePanels) {
    const std::int64_t column = (panel + p) * kNr;
    t.bias = args.bias ? args.bias + column : nullptr;
    t.channels = smaller(args.w.header->n - column, (panels - p) * kNr);
    for (t.row = 0; t.row < rows; t.row += kRows) {
      t.c = args.c + (m + t.row) * args.c_stride + column;
      store(t, args.c_stride, smaller(kRows, rows - t.row),
            progress[p / kTilePanels][t.row / kRows]);
    }
  }
}

}  // namespace

void gemm_s8s8_f32_avx2_3x32x4(const GemmArgs& args) noexcept {
  const PackedHeader& header = *args.w.header;
  const Layout& layout = header.layout;
  assert(layout.nr == kNr && layout.kr == kKr && layout.offset == 1 && layout.bits == 8);
  Shape s;
  s.groups = args.a.groups;
  s.k_padded = args.w.k_padded();
  s.group = layout.group ? layout.group : s.k_padded;
  s.k = s.groups * s.group;
  s.panel_bytes = static_cast<std::int64_t>(header.panel_bytes);
  assert(s.group % kRun == 0 && s.k_padded % kRun == 0 && args.a.stride >= s.k_padded);

  constexpr std::int64_t kBlockRows = kTiles * kRows;
  // Panels that share operands are read in turns, a chunk of each. For few rows, which wait for
  // memory, it is worth more to read on in the same two.
  const std::int64_t width = args.m_end - args.m_begin <= kBlockRows ? kTilePanels : kPanels;
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; panel += width) {
    const std::int64_t panels = smaller(width, args.panel_end - panel);
    for (std::int64_t m = args.m_begin; m < args.m_end; m += kBlockRows) {
      compute(s, args, m, smaller(kBlockRows, args.m_end - m), panel, panels);
    }
  }
}

}  // namespace pincer::kernels
