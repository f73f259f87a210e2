// A tile of rows by panels with vpdpbusd, for the GEMM and GEMV kernels of the VNNI families, and
// with what stands for it on AVX2, for 4-bit weights.
//
// vpdpbusd multiplies unsigned by signed bytes. The unsigned operand is the stored weight, w + 128,
// or w + 8 where weights have 4 bits; the signed one is four activations of a row, broadcast.
// Accumulators start at the row's correction, -128 * sum a, or its sixteenth, so they end at sum a
// * w.
//
// R is a register of register_*.h, W the weights of vnni_weights.h.
#pragma once

#include <immintrin.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/vnni_weights.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kNr = 16;
constexpr std::int64_t kKr = 4;
constexpr std::int64_t kUnroll = 8;  // k-blocks per turn of the inner loop

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
  // Weights that are needed soon, for Fetch::two: of each vector one line at either address.
  const std::uint8_t* ahead[2];
};

// What the inner loop fetches ahead:
//   two   two lines of Tile::ahead for each vector, into the L2 cache
//   own   the tile's own weights 4 KiB further on, into the L2 cache
//   some  two lines of each panel in a turn, 1 KiB further on, into the L1 cache: hardware
//         prefetchers do the rest, but begin anew in every page
enum class Fetch { none, two, own, some };

template <class W>
inline Shape shape_of(const GemmArgs& args) {
  const PackedHeader& header = *args.w.header;
  const Layout& layout = header.layout;
  assert(layout.nr == kNr && layout.kr == kKr && layout.offset == 1 && layout.bits == W::kBits);
  const std::int64_t k_padded = args.w.k_padded();
  const std::int64_t group = layout.group ? layout.group : k_padded;
  assert(group % (kUnroll * kKr) == 0 && args.a.stride >= k_padded);
  Shape s;
  s.groups = args.a.groups;
  s.group_blocks = group / kKr;
  s.panel_bytes = static_cast<std::int64_t>(header.panel_bytes);
  s.scales_offset = args.w.quant_bytes();
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

inline std::int32_t load_word(const std::int8_t* a) {
  std::int32_t word;
  __builtin_memcpy(&word, a, sizeof word);
  return word;
}

// Goes with vector `u` of a turn, at `w`.
template <Fetch kFetch, int kP>
inline void fetch(const Shape& s, const Tile& t, const std::uint8_t* w, int u) {
  if constexpr (kFetch == Fetch::two) {
    _mm_prefetch(t.ahead[0] + (w - t.w), _MM_HINT_T1);
    _mm_prefetch(t.ahead[1] + (w - t.w), _MM_HINT_T1);
  } else if constexpr (kFetch == Fetch::own) {
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) _mm_prefetch(w + p * s.panel_bytes + 4096, _MM_HINT_T1);
  } else if constexpr (kFetch == Fetch::some) {
    if (u % 4 != 0) return;
#pragma GCC unroll 4
    for (int p = 0; p < kP; ++p) _mm_prefetch(w + p * s.panel_bytes + 1024, _MM_HINT_T0);
  }
}

template <class R, class W, int kM, int kP>
struct Block {
  static constexpr int kEach = kNr / R::kLanes;  // vectors of a panel
  static constexpr int kV = kP * kEach;          // vectors of the tile
  using Sums = typename R::Float[kM][kV];
  using Accumulators = typename R::Int[kM][kV][W::kSums];

  // Whether a turn adds up in 16 bits.
  static constexpr bool kPairs = R::kPairBlocks > 0;
  static_assert(!kPairs || (R::kPairBlocks >= kUnroll && W::kBits == 4 && W::kSums == 1));

  // Where vector v of the tile's panels starts, in units of `lane` bytes for a channel.
  static std::int64_t at(const Shape& s, int v, std::int64_t lane) {
    return v / kEach * s.panel_bytes + v % kEach * R::kLanes * lane;
  }

  static inline void clear(Accumulators& acc) {
#pragma GCC unroll 8
    for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 8
      for (int v = 0; v < kV; ++v) acc[m][v][0] = R::broadcast(0);
    }
  }

  static inline void add_pairs(const Accumulators& pairs, Accumulators& acc) {
#pragma GCC unroll 8
    for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 8
      for (int v = 0; v < kV; ++v) acc[m][v][0] = R::add_pairs(acc[m][v][0], pairs[m][v][0]);
    }
  }

  // One group of k, from `a` and `w` on, which move to the next.
  template <Fetch kFetch>
  static inline void multiply(const Shape& s, const Tile& t, const std::int8_t*& a,
                              const std::uint8_t*& w, Accumulators& acc) {
    std::int64_t blocks = s.group_blocks;
    do {
      Accumulators pairs;  // of this turn
      Accumulators& sums = kPairs ? pairs : acc;
      if constexpr (kPairs) clear(pairs);
#pragma GCC unroll 8
      for (int u = 0; u < kUnroll; u += W::kBlocks) {
        // Else gcc keeps pointers to every panel, for which there are not enough registers.
        __asm__("" : "+r"(w));
        typename R::Int stored[kV];
#pragma GCC unroll 8
        for (int v = 0; v < kV; ++v) {
          stored[v] = R::load(w + at(s, v, kKr));
          // Else gcc loads it for every k-block, and two loads wait for the same line.
          if constexpr (W::kBlocks > 1) __asm__("" : "+v"(stored[v]));
        }
        fetch<kFetch, kP>(s, t, w, u);
#pragma GCC unroll 2
        for (int b = 0; b < W::kBlocks; ++b) {
          typename R::Int weights[kV];
#pragma GCC unroll 8
          for (int v = 0; v < kV; ++v) weights[v] = W::template block<R>(stored[v], b);
#pragma GCC unroll 8
          for (int m = 0; m < kM; ++m) {
            const typename R::Int row = R::broadcast(load_word(a + m * t.a_stride));
#pragma GCC unroll 8
            for (int v = 0; v < kV; ++v) {
              typename R::Int& sum = sums[m][v][W::sum_of(b)];
              sum = R::dot(sum, weights[v], row);
            }
          }
          a += kKr;
        }
        w += kNr * kKr;
      }
      if constexpr (kPairs) add_pairs(pairs, acc);
      blocks -= kUnroll;
    } while (blocks > 0);
  }

  static inline void add_group(const Shape& s, const Tile& t, std::int64_t group,
                               const Accumulators& acc, Sums& sum) {
    const std::uint8_t* scales = t.w + s.scales_offset + group * kNr * 2;
    typename R::Float w_scale[kV];
#pragma GCC unroll 8
    for (int v = 0; v < kV; ++v) w_scale[v] = R::load_scales(scales + at(s, v, 2));
#pragma GCC unroll 8
    for (int m = 0; m < kM; ++m) {
      const typename R::Float a_scale = R::broadcast(t.a_scale[m * s.groups + group]);
#pragma GCC unroll 8
      for (int v = 0; v < kV; ++v) {
        const typename R::Float scale = R::multiply(a_scale, w_scale[v]);
        const typename R::Float total = R::to_float(W::template total<R>(acc[m][v]));
        sum[m][v] = R::fma(total, scale, sum[m][v]);
      }
    }
  }

  static inline void store(const Tile& t, const Sums& sum) {
#pragma GCC unroll 8
    for (int v = 0; v < kV; ++v) {
      const std::int64_t left = t.channels - v * R::kLanes;
      if (left <= 0) return;
      const typename R::Float bias =
          t.bias ? R::load_first(t.bias + v * R::kLanes, left) : R::zero();
#pragma GCC unroll 8
      for (int m = 0; m < kM; ++m) {
        const typename R::Float out = t.bias ? R::add(sum[m][v], bias) : sum[m][v];
        R::store_first(t.c + m * t.c_stride + v * R::kLanes, left, out);
      }
    }
  }
};

// Not inlined, for then its callers' variables take the loops' registers.
template <class R, class W, int kM, int kP, Fetch kFetch>
__attribute__((noinline)) void compute_tile(const Shape& s, const Tile& t) {
  using B = Block<R, W, kM, kP>;
  typename B::Sums sum;
#pragma GCC unroll 8
  for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 8
    for (int v = 0; v < B::kV; ++v) sum[m][v] = R::zero();
  }
  const std::int8_t* a = t.a;
  const std::uint8_t* w = t.w;
  for (std::int64_t g = 0; g < s.groups; ++g) {
    typename B::Accumulators acc;
#pragma GCC unroll 8
    for (int m = 0; m < kM; ++m) {
#pragma GCC unroll 2
      for (int i = 0; i < W::kSums; ++i) {
        const auto start = R::broadcast(W::start(t.correction[m * s.groups + g], i));
#pragma GCC unroll 8
        for (int v = 0; v < B::kV; ++v) acc[m][v][i] = start;
      }
    }
    // Else gcc 12 keeps the sums in registers that the inner loop needs.
    if constexpr (((1 + W::kSums) * kM + 1) * B::kV + 1 > R::kRegisters)
      __asm__ volatile("" : "+m"(sum));
    B::template multiply<kFetch>(s, t, a, w, acc);
    B::add_group(s, t, g, acc, sum);
  }
  B::store(t, sum);
}

// compute_tile of the first `rows` rows, kM when there are more.
template <class R, class W, int kM, int kP, Fetch kFetch>
void compute_rows(const Shape& s, const Tile& t, std::int64_t rows) {
  if constexpr (kM > 1) {
    if (rows < kM) return compute_rows<R, W, kM - 1, kP, kFetch>(s, t, rows);
  }
  compute_tile<R, W, kM, kP, kFetch>(s, t);
}

// All of the call, panels outside: a tile's panels are read from memory once and stay in the L2
// cache for all rows.
template <class R, class W, int kM, int kP, Fetch kFetch>
void compute_all(const GemmArgs& args) {
  const Shape s = shape_of<W>(args);
  for (std::int64_t panel = args.panel_begin; panel < args.panel_end; panel += kP) {
    const bool whole = args.panel_end - panel >= kP;
    // What is left of kP panels is done one at a time.
    for (std::int64_t p = panel; p < args.panel_end && p < panel + kP; p += whole ? kP : 1) {
      for (std::int64_t m = args.m_begin; m < args.m_end; m += kM) {
        const Tile t = tile_at(args, s, m, p, whole ? kP : 1);
        if (whole) {
          compute_rows<R, W, kM, kP, kFetch>(s, t, args.m_end - m);
        } else {
          compute_rows<R, W, kM, 1, kFetch>(s, t, args.m_end - m);
        }
      }
    }
  }
}

}  // namespace
}  // namespace pincer::kernels
