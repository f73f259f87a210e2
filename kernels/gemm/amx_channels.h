// The product on AMX with one scale a channel: blocks of 32 rows by 2 panels, four tiles of sums.
//
// A step multiplies two tiles of rows by two of columns, 64 values of k: 4 KiB of operands for 64
// cycles of products, of which the L2 cache delivers some 2.3 KiB. So k is cut into chunks: the 32
// rows of a chunk stay in the L1 cache while the panels of a block pass by, which are read so that
// they do not displace the rows, and all rows of a block use a chunk of its panels before memory
// has to bring the next. Between chunks sums wait in memory.
//
// Sums become floats while the next block is multiplied, some rows a step, and the operands of
// blocks to come are fetched in the same way: tiles, vectors and memory work at the same time.
//
// T: AmxTiles or what emulates them.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/gemm/register_avx512vnni.h"
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kTileRows = 16, kTileBytes = 1024;
constexpr std::int64_t kStep = 64;         // values of k in a tile
constexpr std::int64_t kStripRows = 32;    // two tiles
constexpr std::int64_t kPairPanels = 2;    // two tiles
constexpr std::int64_t kChunk = 1024;      // values of k: 32 KiB of rows in the L1 cache
constexpr std::int64_t kBlockRows = 512;   // with kBlockPanels: 512 KiB of sums, and 256 KiB of
constexpr std::int64_t kBlockPanels = 16;  //   panels, in the L2 cache

using Vector = Avx512VnniRegister;

inline std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
inline std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

inline __m512 scales_at(const std::uint16_t* bf16) {
  return Vector::load_scales(reinterpret_cast<const std::uint8_t*>(bf16));
}

struct alignas(64) Sums {
  std::int32_t tile[2][2][16][16];  // [tile of rows][panel][row][channel]
};

// A block of which the sums are complete and not yet written as floats, from row `next` on.
struct Finished {
  const Sums* sums = nullptr;
  const float* a_scale = nullptr;            // of the block's rows
  const std::int32_t* correction = nullptr;  // the same
  float* c = nullptr;
  std::int64_t c_stride = 0;
  bool has_bias = false;
  int panels = 0;
  __m512 w_scale[kPairPanels], bias[kPairPanels];
  __mmask16 channels[kPairPanels];
  int next = 0, rows = 0;

  // The next `count` rows, as far as there are so many.
  void write(int count) {
    for (; count > 0 && next < rows; --count, ++next) {
      const __m512i lacking = _mm512_set1_epi32(correction[next]);
      const __m512 scale = _mm512_set1_ps(a_scale[next]);
      for (int p = 0; p < panels; ++p) {
        const std::int32_t* row = sums->tile[next / kTileRows][p][next % kTileRows];
        const __m512i sum = _mm512_add_epi32(_mm512_load_si512(row), lacking);
        __m512 out = _mm512_fmadd_ps(Vector::to_float(sum), _mm512_mul_ps(scale, w_scale[p]),
                                     _mm512_setzero_ps());
        if (has_bias) out = _mm512_add_ps(out, bias[p]);
        _mm512_mask_storeu_ps(c + next * c_stride + p * kTileRows, channels[p], out);
      }
    }
  }
};

// Lines to ask memory for: `runs` of `run` lines, `skip` bytes between two.
struct Ahead {
  const std::uint8_t* at = nullptr;
  std::int64_t run = 0, skip = 0, left_in_run = 0, left = 0;

  Ahead(const void* from, std::int64_t lines_each, std::int64_t runs, std::int64_t distance)
      : at(static_cast<const std::uint8_t*>(from)),
        run(lines_each),
        skip(distance - lines_each * 64),
        left_in_run(lines_each),
        left(lines_each * runs) {}

  void fetch(std::int64_t lines) {
    for (; lines > 0 && left > 0; --lines, --left) {
      _mm_prefetch(at, _MM_HINT_T1);
      at += 64;
      if (--left_in_run == 0) {
        at += skip;
        left_in_run = run;
      }
    }
  }
};

// What a block does beside its products, in each step.
struct Aside {
  Finished& finished;
  int rows;  // to write
  Ahead& a_ahead;
  std::int64_t a_lines;
  Ahead& w_ahead;
  std::int64_t w_lines;

  void step() {
    finished.write(rows);
    a_ahead.fetch(a_lines);
    w_ahead.fetch(w_lines);
  }
};

// Operands of a block: where each tile starts in the chunk.
struct Operands {
  const std::int8_t* a[2];
  const std::uint8_t* w[2];
  std::int64_t steps;
};

template <class T, int kA, int kP>
inline void load_sums(const Sums& sums) {
  T::template load<0>(sums.tile[0][0]);
  if constexpr (kP > 1) T::template load<1>(sums.tile[0][1]);
  if constexpr (kA > 1) T::template load<2>(sums.tile[1][0]);
  if constexpr (kA > 1 && kP > 1) T::template load<3>(sums.tile[1][1]);
}

template <class T, int kA, int kP>
inline void store_sums(Sums& sums) {
  T::template store<0>(sums.tile[0][0]);
  if constexpr (kP > 1) T::template store<1>(sums.tile[0][1]);
  if constexpr (kA > 1) T::template store<2>(sums.tile[1][0]);
  if constexpr (kA > 1 && kP > 1) T::template store<3>(sums.tile[1][1]);
}

template <class T>
inline void zero_sums() {
  T::template zero<0>();
  T::template zero<1>();
  T::template zero<2>();
  T::template zero<3>();
}

// kA tiles of rows times kP panels. `before`: the sums of the chunks before, or null.
template <class T, int kA, int kP>
inline void multiply_block(const Operands& o, const Sums* before, Sums& after, Aside aside) {
  if (before != nullptr) {
    load_sums<T, kA, kP>(*before);
  } else {
    zero_sums<T>();
  }
  for (std::int64_t at = 0; at < o.steps * kTileBytes; at += kTileBytes) {
    T::template load<4>(o.a[0] + at);
    T::template stream<6>(o.w[0] + at);
    T::template multiply_unsigned<0, 4, 6>();
    if constexpr (kP > 1) {
      T::template stream<7>(o.w[1] + at);
      T::template multiply_unsigned<1, 4, 7>();
    }
    if constexpr (kA > 1) {
      T::template load<5>(o.a[1] + at);
      T::template multiply_unsigned<2, 5, 6>();
    }
    if constexpr (kA > 1 && kP > 1) T::template multiply_unsigned<3, 5, 7>();
    aside.step();
  }
  aside.finished.write(kStripRows);
  store_sums<T, kA, kP>(after);
}

template <class T>
inline void multiply_block(int row_tiles, int panels, const Operands& o, const Sums* before,
                           Sums& after, const Aside& aside) {
  if (row_tiles > 1 && panels > 1) return multiply_block<T, 2, 2>(o, before, after, aside);
  if (row_tiles > 1) return multiply_block<T, 2, 1>(o, before, after, aside);
  if (panels > 1) return multiply_block<T, 1, 2>(o, before, after, aside);
  multiply_block<T, 1, 1>(o, before, after, aside);
}

// A part of the call's product: rows, panels, values of k.
struct Part {
  std::int64_t m, m_end, panel, panel_end, k, k_end;
};

template <class T>
class ChannelProduct {
 public:
  explicit ChannelProduct(const GemmArgs& args)
      : args_(args),
        k_padded_(args.w.k_padded()),
        panel_bytes_(static_cast<std::int64_t>(args.w.header->panel_bytes)),
        strip_bytes_(kTileRows * args.a.stride) {}

  void run() {
    Part p;
    for (p.m = args_.m_begin; p.m < args_.m_end; p.m = p.m_end) {
      p.m_end = least(p.m + kBlockRows, args_.m_end);
      for (p.panel = args_.panel_begin; p.panel < args_.panel_end; p.panel = p.panel_end) {
        p.panel_end = least(p.panel + kBlockPanels, args_.panel_end);
        for (p.k = 0; p.k < k_padded_; p.k = p.k_end) {
          p.k_end = least(p.k + kChunk, k_padded_);
          multiply(p);
        }
      }
    }
    finished_.write(kStripRows);
  }

 private:
  const std::int8_t* rows_at(std::int64_t m, std::int64_t k) const {
    return args_.a.q + m / kTileRows * strip_bytes_ + k * kTileRows;
  }
  const std::uint8_t* panel_at(std::int64_t panel, std::int64_t k) const {
    return args_.w.panel(panel) + k * kTileRows;
  }

  // The panels of the part that follows, if it has others.
  Ahead panels_after(const Part& p) const {
    const bool more_k = p.k_end < k_padded_;
    const std::int64_t panel = more_k ? p.panel : p.panel_end, k = more_k ? p.k_end : 0;
    const std::int64_t lines = least(kChunk, k_padded_ - k) * kTileRows / 64;
    const std::int64_t panels = least(kBlockPanels, args_.panel_end - panel);
    return panels > 0 ? Ahead(panel_at(panel, k), lines, panels, panel_bytes_)
                      : Ahead(nullptr, 0, 0, 0);
  }

  void multiply(const Part& p) {
    const std::int64_t steps = (p.k_end - p.k) / kStep, lines = steps * kTileBytes / 64;
    const std::int64_t pairs = divide_up(p.panel_end - p.panel, kPairPanels);
    const std::int64_t turns = divide_up(p.m_end - p.m, kStripRows) * pairs * steps;
    Ahead w_ahead = panels_after(p);
    const std::int64_t w_lines = divide_up(w_ahead.left, turns);
    const bool last = p.k_end == k_padded_;
    for (std::int64_t m = p.m; m < p.m_end; m += kStripRows) {
      const bool more = m + kStripRows < p.m_end;
      Ahead a_ahead(rows_at(more ? m + kStripRows : p.m, p.k), lines, more ? 2 : 0, strip_bytes_);
      const Aside aside{finished_, static_cast<int>(divide_up(kStripRows, steps)),
                        a_ahead,   divide_up(a_ahead.left, pairs * steps),
                        w_ahead,   w_lines};
      for (std::int64_t panel = p.panel; panel < p.panel_end; panel += kPairPanels) {
        Sums& waiting = waiting_[(m - p.m) / kStripRows][(panel - p.panel) / kPairPanels];
        Sums& after = last ? complete_[turn_] : waiting;
        const int row_tiles = p.m_end - m > kTileRows ? 2 : 1;
        const int panels = p.panel_end - panel > 1 ? 2 : 1;
        const Operands operands{{rows_at(m, p.k), rows_at(m, p.k) + strip_bytes_},
                                {panel_at(panel, p.k), panel_at(panel, p.k) + panel_bytes_},
                                steps};
        multiply_block<T>(row_tiles, panels, operands, p.k > 0 ? &waiting : nullptr, after, aside);
        if (last) finish(after, m, least(kStripRows, p.m_end - m), panel, panels);
      }
    }
  }

  void finish(const Sums& sums, std::int64_t m, std::int64_t rows, std::int64_t panel, int panels) {
    turn_ ^= 1;
    Finished& f = finished_;
    f.sums = &sums;
    f.a_scale = args_.a.scale + m;
    f.correction = args_.a.correction + m;
    f.c = args_.c + m * args_.c_stride + panel * kTileRows;
    f.c_stride = args_.c_stride;
    f.has_bias = args_.bias != nullptr;
    f.panels = panels;
    for (int p = 0; p < panels; ++p) {
      const std::int64_t first = (panel + p) * kTileRows;
      f.channels[p] = Vector::first(args_.w.header->n - first);
      f.bias[p] = f.has_bias ? _mm512_maskz_loadu_ps(f.channels[p], args_.bias + first)
                             : _mm512_setzero_ps();
      f.w_scale[p] = scales_at(args_.w.panel_scales(panel + p));
    }
    f.next = 0;
    f.rows = static_cast<int>(rows);
  }

  const GemmArgs& args_;
  std::int64_t k_padded_, panel_bytes_, strip_bytes_;
  Finished finished_ = {};
  int turn_ = 0;
  Sums complete_[2];  // one is written as floats while the other is filled
  Sums waiting_[kBlockRows / kStripRows][kBlockPanels / kPairPanels];  // for the next chunk
};

}  // namespace
}  // namespace pincer::kernels
