// The product on AMX with a scale for every group of k: 16 rows by one panel, all of whose float
// sums stay in registers.
//
// A group of 32 fills half of a tile's k, and its sums have to leave the tile: 16 cycles for the
// product and 13 for the store, one after the other. The vectors' part, to convert, scale and add
// 16 of them, takes 31 cycles alone and hardly overlaps with instructions on tiles, whatever their
// order: 65 cycles for 8192 products on a Xeon of 2024, 1.2 to 1.5 times as fast as AVX512-VNNI.
// What is stored with an offset of 128 would need one operation more for each vector: panels are
// made signed first, in a copy that serves all rows of a block and stays in the L1 cache.
//
// T: AmxTiles or what emulates them.
#pragma once

#include <immintrin.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm/amx_channels.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kGroupChunk = 1024;  // values of k in the copy of a panel: 16 KiB
constexpr std::int64_t kSmallestGroup = 32;
constexpr std::int64_t kMostGroups = kGroupChunk / kSmallestGroup;  // in a chunk
constexpr std::int64_t kRowBytesInL2 = 1 << 20;  // rows of a block, all of their k

using FloatTile = float[kTileRows][16];

// 16 rows by a panel, over the groups of a chunk.
struct Strip {
  const std::int8_t* a;          // a tile of rows for every kStep values of k
  const std::int8_t* w;          // the copy of the panel
  const float* a_scale;          // [row * a_scale_stride + group]
  std::int64_t a_scale_stride;   // elements
  const std::uint16_t* w_scale;  // bf16 [group][16]
  std::int64_t groups;
  std::int64_t steps;  // of k in a group, each kStep values, or 32 when that is all of the group
};

// Integer sums on their way from tiles to vectors: a slot is read kAhead groups after it is
// written, so that no vector waits for a tile.
constexpr std::int64_t kAhead = 4, kSlots = 8;
struct alignas(64) Ring {
  std::int32_t slot[kSlots][16][16];
};

// The sums of one group; `a` and `w` go on to the next.
template <class T, bool kHalfStep>
inline void multiply_group(const std::int8_t*& a, const std::int8_t*& w, std::int64_t steps,
                           bool odd, std::int32_t* sums) {
  T::template zero<0>();
  if constexpr (kHalfStep) {
    T::template load<6>(w);
    T::template load<4>(a);
    T::template multiply_signed<0, 4, 6>();
    // Rows of a tile lie kStep bytes apart: the other half, or the next tile.
    a += odd ? kTileBytes - kSmallestGroup : kSmallestGroup;
    w += kTileBytes / 2;
  } else {
    for (std::int64_t i = 0; i < steps; ++i, a += kTileBytes, w += kTileBytes) {
      T::template load<6>(w);
      T::template load<4>(a);
      T::template multiply_signed<0, 4, 6>();
    }
  }
  T::template store<0>(sums);
}

inline void add_group(const std::int32_t (*integers)[16], const float* a_scale, std::int64_t stride,
                      __m512 w_scale, __m512 (&sum)[kTileRows]) {
#pragma GCC unroll 16
  for (int r = 0; r < kTileRows; ++r) {
    const __m512 value = Vector::to_float(_mm512_load_si512(integers[r]));
    const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(a_scale[r * stride]), w_scale);
    sum[r] = _mm512_fmadd_ps(value, scale, sum[r]);
  }
}

// total += the strip's product. Not inlined: its loop needs all registers.
template <class T, bool kHalfStep>
[[gnu::noinline]] void multiply_strip(const Strip& s, Ring& ring, FloatTile& total) {
  __m512 sum[kTileRows];
#pragma GCC unroll 16
  for (int r = 0; r < kTileRows; ++r) sum[r] = _mm512_load_ps(total[r]);
  const std::int8_t *a = s.a, *w = s.w;
  const float* a_scale = s.a_scale;
  const std::uint16_t* w_scale = s.w_scale;
  const std::int64_t stride = s.a_scale_stride, groups = s.groups, steps = s.steps;
  for (std::int64_t g = 0; g < groups + kAhead; ++g) {
    if (g < groups) {
      multiply_group<T, kHalfStep>(a, w, steps, g % 2 != 0, ring.slot[g % kSlots][0]);
    }
    if (g < kAhead) continue;
    add_group(ring.slot[(g - kAhead) % kSlots], a_scale, stride, scales_at(w_scale), sum);
    a_scale += 1;
    w_scale += kTileRows;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kTileRows; ++r) _mm512_store_ps(total[r], sum[r]);
}

template <class T>
class GroupProduct {
 public:
  explicit GroupProduct(const GemmArgs& args)
      : args_(args),
        group_(args.w.layout().group),
        k_padded_(args.w.k_padded()),
        half_step_(group_ < kStep) {
    assert(group_ == kSmallestGroup || (group_ % kStep == 0 && group_ <= kGroupChunk));
  }

  // Bytes in a row of a tile of operands.
  int k_bytes() const { return static_cast<int>(half_step_ ? kSmallestGroup : kStep); }

  void run() {
    const std::int64_t strips = kRowBytesInL2 / (kTileRows * k_padded_);
    const std::int64_t rows = kTileRows * least(strips < 2 ? 2 : strips, kBlockStrips);
    for (std::int64_t m = args_.m_begin; m < args_.m_end; m += rows) {
      for (std::int64_t panel = args_.panel_begin; panel < args_.panel_end; ++panel) {
        multiply(m, least(rows, args_.m_end - m), panel);
      }
    }
  }

 private:
  static constexpr std::int64_t kBlockStrips = 32;

  std::int64_t chunk_groups() const { return kGroupChunk / group_; }

  void multiply(std::int64_t m, std::int64_t rows, std::int64_t panel) {
    const std::int64_t strips = divide_up(rows, kTileRows);
    __builtin_memset(total_, 0, static_cast<std::size_t>(strips) * sizeof total_[0]);
    for (std::int64_t first = 0; first < args_.a.groups; first += chunk_groups()) {
      const std::int64_t groups = least(chunk_groups(), args_.a.groups - first);
      copy_signed(panel, first, groups);
      for (std::int64_t i = 0; i < strips; ++i) {
        const std::int64_t row = m + i * kTileRows;
        const Strip s = strip_at(row, least(kTileRows, m + rows - row), panel, first, groups);
        if (half_step_) {
          multiply_strip<T, true>(s, ring_, total_[i]);
        } else {
          multiply_strip<T, false>(s, ring_, total_[i]);
        }
      }
    }
    write(m, rows, panel);
  }

  void copy_signed(std::int64_t panel, std::int64_t first, std::int64_t groups) {
    const std::uint8_t* from = args_.w.panel(panel) + first * group_ * kTileRows;
    const __m512i flip = _mm512_set1_epi8(-128);
    for (std::int64_t at = 0; at < groups * group_ * kTileRows; at += 64) {
      _mm512_store_si512(signed_ + at, _mm512_xor_si512(_mm512_load_si512(from + at), flip));
    }
  }

  Strip strip_at(std::int64_t m, std::int64_t rows, std::int64_t panel, std::int64_t first,
                 std::int64_t groups) {
    Strip s;
    s.a = args_.a.q + m * args_.a.stride + first * group_ * kTileRows;
    s.w = signed_;
    s.a_scale = args_.a.scale + m * args_.a.groups + first;
    s.a_scale_stride = args_.a.groups;
    s.w_scale = args_.w.panel_scales(panel) + first * kTileRows;
    s.groups = groups;
    s.steps = group_ / kStep;
    if (rows < kTileRows) {
      // Rows that do not exist have no scales to read either: a copy with zeros stands in.
      for (std::int64_t r = 0; r < kTileRows; ++r) {
        for (std::int64_t g = 0; g < groups; ++g) {
          padded_[r][g] = r < rows ? s.a_scale[r * s.a_scale_stride + g] : 0.0f;
        }
      }
      s.a_scale = padded_[0];
      s.a_scale_stride = kMostGroups;
    }
    return s;
  }

  void write(std::int64_t m, std::int64_t rows, std::int64_t panel) const {
    const std::int64_t column = panel * kTileRows;
    const __mmask16 channels = Vector::first(args_.w.header->n - column);
    const bool has_bias = args_.bias != nullptr;
    const __m512 bias =
        has_bias ? _mm512_maskz_loadu_ps(channels, args_.bias + column) : _mm512_setzero_ps();
    for (std::int64_t r = 0; r < rows; ++r) {
      const __m512 sum = _mm512_load_ps(total_[r / kTileRows][r % kTileRows]);
      _mm512_mask_storeu_ps(args_.c + (m + r) * args_.c_stride + column, channels,
                            has_bias ? _mm512_add_ps(sum, bias) : sum);
    }
  }

  const GemmArgs& args_;
  std::int64_t group_, k_padded_;
  bool half_step_;
  Ring ring_;
  alignas(64) FloatTile total_[kBlockStrips];
  alignas(64) std::int8_t signed_[kGroupChunk * kTileRows];  // a panel's chunk of k
  float padded_[kTileRows][kMostGroups];
};

}  // namespace
}  // namespace pincer::kernels
