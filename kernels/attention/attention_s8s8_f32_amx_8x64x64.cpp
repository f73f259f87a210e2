// The two bytes of up to 8 rows are the 16 rows of a tile, so that one product does both. Panels
// are what tiles want: 16 keys, or dimensions, times up to 64 bytes. Twice as fast as AVX512-VNNI
// from 8 rows on, and not slower for fewer.
#include "kernels/amx/tiles.h"
#include "kernels/attention/attention_s8_rows.h"
#include "kernels/elementwise/register_avx512.h"

namespace pincer::kernels {
namespace {

constexpr int kAmxRows = 8;
constexpr int kColumns = 16;  // of a tile

// The tiles: sums; keys and queries, up to two chunks of them; values and weights, of two blocks.
constexpr int kSums = 0, kSums2 = 7, kK = 1, kQ = 2, kQ2 = 3, kV = 4, kU = 5, kU2 = 6;

// Dimensions of a product of queries and keys: all tiles of a call have the same shape.
constexpr int chunk_of(int head_dim) {
  return head_dim % 64 == 0 ? 64 : head_dim % 32 == 0 ? 32 : 16;
}

inline TileShapes shapes_of(const AttentionS8Args& args) {
  const int rows = 2 * (args.rows < kAmxRows ? args.rows : kAmxRows);
  const int chunk = chunk_of(args.head_dim);
  TileShapes shapes;
  shapes.set(kSums, rows, 64);
  shapes.set(kSums2, rows, 64);
  shapes.set(kK, chunk / 4, 64);
  shapes.set(kQ, rows, chunk);
  shapes.set(kQ2, rows, chunk);
  shapes.set(kV, kKvBlockTokens / 4, 64);
  shapes.set(kU, rows, kKvBlockTokens);
  shapes.set(kU2, rows, kKvBlockTokens);
  return shapes;
}

// Bytes from `at` on of either block, to the second-level cache.
[[gnu::always_inline]] inline void prefetch(const Panels& panels, std::int64_t at, int bytes) {
  for (int i = 0; i < bytes; i += 64) {
    __builtin_prefetch(panels.ahead[0] + at + i, 0, 2);
    __builtin_prefetch(panels.ahead[1] + at + i, 0, 2);
  }
}

// multiply<tile>(i) and then a store for each sixteen columns of `out`, but the store after the
// next multiplication: one that waits for its sums holds up all that follows it.
template <class Multiply>
[[gnu::always_inline]] inline void each_sixteen(int count, std::int32_t* out, int stride,
                                                Multiply multiply) {
  multiply.template operator()<kSums>(0);
  for (int i = 1; i < count; i += 2, out += 2 * kColumns) {
    multiply.template operator()<kSums2>(i);
    store_tile<kSums>(out, stride * 4);
    if (i + 1 < count) multiply.template operator()<kSums>(i + 1);
    store_tile<kSums2>(out + kColumns, stride * 4);
  }
  if (count % 2 != 0) store_tile<kSums>(out, stride * 4);
}

// Rows of bytes, and of sums, stand in one array each: hi and lo of one row after the other.
struct AmxProducts {
  static constexpr int kTileRows = kAmxRows;
  static constexpr bool kSplitSums = true;

  template <int>
  static void scores(const BytePairOf<kAmxRows>& q, const std::int32_t (&)[kAmxRows],
                     const Panels& k, int head_dim, std::int32_t* const (&out)[kAmxRows]) {
    const int chunk = chunk_of(head_dim);
    const bool stay = head_dim <= 2 * chunk;  // the queries, from sixteen keys to the next
    each_sixteen(kAttentionStep / kColumns, out[0], kAttentionStep, [&]<int kTo>(int i) {
      const std::uint8_t* keys = k.at[i / 2] + i % 2 * 64;
      const auto add = [&]<int kTile>(int d) {
        if (i == 0 || !stay) load_tile<kTile>(q.hi[0] + d, kMaxHeadDim);
        load_tile<kK>(keys + d * kKvBlockTokens, 4 * kKvBlockTokens);
        multiply_tiles_su<kTo, kTile, kK>();
      };
      zero_tile<kTo>();
      for (int d = 0; d < head_dim; d += 2 * chunk) {
        add.template operator()<kQ>(d);
        if (d + chunk < head_dim) add.template operator()<kQ2>(d + chunk);
      }
      prefetch(k, i * head_dim * 8, head_dim * 8);
    });
  }

  template <int>
  static void values(const BytePairOf<kAmxRows>& u, const std::int32_t (&)[kAmxRows],
                     const Panels& v, int head_dim, std::int32_t* const (&out)[kAmxRows]) {
    load_tile<kU>(u.hi[0], kAttentionStep);
    load_tile<kU2>(u.hi[0] + kKvBlockTokens, kAttentionStep);
    each_sixteen(head_dim / kColumns, out[0], kMaxHeadDim, [&]<int kTo>(int i) {
      zero_tile<kTo>();
      load_tile<kV>(v.at[0] + i * 64, head_dim * 4);
      multiply_tiles_us<kTo, kU, kV>();
      load_tile<kV>(v.at[1] + i * 64, head_dim * 4);
      multiply_tiles_us<kTo, kU2, kV>();
      prefetch(v, i * 512, 512);
    });
  }
};

}  // namespace

void attention_s8s8_f32_amx_8x64x64(const AttentionS8Args& args) noexcept {
  configure_tiles(shapes_of(args));
  attend_s8<Avx512Register, AmxProducts>(args);
  release_tiles();
}

}  // namespace pincer::kernels
