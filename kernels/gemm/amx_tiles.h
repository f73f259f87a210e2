// The tile registers of AMX in one arrangement for all products:
//   0 .. 3  sums      16 rows of 16 s32
//   4, 5    rows      16 rows of `k_bytes` bytes
//   6, 7    columns   k_bytes / 4 rows of 16 columns of 4 bytes
// so that multiply<c, a, b>() adds rows times columns, 16 x 16 x k_bytes, to sums. What is
// configured belongs to the thread until it is released; a call of a kernel does both.
#pragma once

#include <cstdint>

#include "kernels/amx/tiles.h"

namespace pincer::kernels {
namespace {

struct AmxTiles {
  static constexpr std::int64_t kRowBytes = 64;

  static void configure(int k_bytes) {
    TileShapes shapes;
    for (int tile = 0; tile < 4; ++tile) shapes.set(tile, 16, kRowBytes);
    for (int tile = 4; tile < 6; ++tile) shapes.set(tile, 16, k_bytes);
    for (int tile = 6; tile < 8; ++tile) shapes.set(tile, k_bytes / 4, kRowBytes);
    configure_tiles(shapes);
  }
  static void release() { release_tiles(); }

  template <int kTile>
  static void zero() {
    zero_tile<kTile>();
  }
  template <int kTile>
  static void load(const void* rows) {
    load_tile<kTile>(rows, kRowBytes);
  }
  template <int kTile>
  static void stream(const void* rows) {
    stream_tile<kTile>(rows, kRowBytes);
  }
  template <int kTile>
  static void store(void* rows) {
    store_tile<kTile>(rows, kRowBytes);
  }
  // sums += rows (s8) times columns (u8).
  template <int kSums, int kRows, int kColumns>
  static void multiply_unsigned() {
    multiply_tiles_su<kSums, kRows, kColumns>();
  }
  // sums += rows (s8) times columns (s8).
  template <int kSums, int kRows, int kColumns>
  static void multiply_signed() {
    multiply_tiles_ss<kSums, kRows, kColumns>();
  }
};

}  // namespace
}  // namespace pincer::kernels
