// AMX tiles, named by number. Assembly, because gcc 12's intrinsics are wrong: _tile_loadconfig
// names only 8 of the 64 bytes that it reads and _tile_loadd none at all, so that stores to them
// can be dropped. The operating system must have granted the tiles (kernels/cpu).
//
// Tiles are registers of the caller's thread that functions do not save: they hold something from
// configure_tiles() to release_tiles().
#pragma once

#include <cstdint>

namespace pincer::kernels {
namespace {

// The memory operand of ldtilecfg, palette 1 (Intel SDM volume 1, 18.3).
struct alignas(64) TileShapes {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {};  // at most 64
  std::uint8_t rows[16] = {};        // at most 16

  void set(int tile, int tile_rows, int bytes) {
    rows[tile] = static_cast<std::uint8_t>(tile_rows);
    row_bytes[tile] = static_cast<std::uint16_t>(bytes);
  }
};
static_assert(sizeof(TileShapes) == 64);

inline void configure_tiles(const TileShapes& shapes) {
  __asm__ volatile("ldtilecfg %0" ::"m"(shapes));
}
inline void release_tiles() { __asm__ volatile("tilerelease" ::: "memory"); }

template <int kTile>
[[gnu::always_inline]] inline void zero_tile() {
  __asm__ volatile("tilezero %%tmm%c0" ::"i"(kTile));
}
// stride: from row to row, bytes.
template <int kTile>
[[gnu::always_inline]] inline void load_tile(const void* from, std::int64_t stride) {
  __asm__ volatile("tileloadd (%1,%2,1), %%tmm%c0" ::"i"(kTile), "r"(from), "r"(stride) : "memory");
}
// The same for what is read from the L2 cache once: it does not displace what the L1 cache holds.
template <int kTile>
[[gnu::always_inline]] inline void stream_tile(const void* from, std::int64_t stride) {
  __asm__ volatile("tileloaddt1 (%1,%2,1), %%tmm%c0" ::"i"(kTile), "r"(from), "r"(stride)
                   : "memory");
}
template <int kTile>
[[gnu::always_inline]] inline void store_tile(void* to, std::int64_t stride) {
  __asm__ volatile("tilestored %%tmm%c0, (%1,%2,1)" ::"i"(kTile), "r"(to), "r"(stride) : "memory");
}
// sums[m][n] += the products of a's row m, in bytes, with b's column n: b holds four bytes of each
// column side by side. `ss`: both are signed; `su`: a is and b is not;
// `us`: the other way round.
template <int kSums, int kA, int kB>
[[gnu::always_inline]] inline void multiply_tiles_ss() {
  __asm__ volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kA), "i"(kB));
}
template <int kSums, int kA, int kB>
[[gnu::always_inline]] inline void multiply_tiles_su() {
  __asm__ volatile("tdpbsud %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kA), "i"(kB));
}
template <int kSums, int kA, int kB>
[[gnu::always_inline]] inline void multiply_tiles_us() {
  __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kA), "i"(kB));
}

}  // namespace
}  // namespace pincer::kernels
