// The tile registers of AMX (Intel SDM volume 1, chapter 18), in one arrangement for all kernels:
//   0 .. 3  sums      16 rows of 16 s32
//   4, 5    rows      16 rows of `k_bytes` bytes
//   6, 7    columns   k_bytes / 4 rows of 16 columns of 4 bytes
// so that multiply<c, a, b>() adds rows times columns, 16 x 16 x k_bytes, to sums. The operating
// system must have granted the tiles (kernels/cpu); what is configured belongs to the thread until
// it is released, and a call of a kernel does both.
//
// In assembly, because gcc 12's _tile_loadconfig names 8 of its operand's 64 bytes and its
// _tile_loadd lacks a memory clobber: the configuration could be stored too late, or not at all.
#pragma once

#include <cstdint>

namespace pincer::kernels {
namespace {

struct AmxTiles {
  static constexpr std::int64_t kRowBytes = 64;

  static void configure(int k_bytes) {
    struct alignas(64) {
      std::uint8_t palette, start_row, reserved[14];
      std::uint16_t row_bytes[16];
      std::uint8_t rows[16];
    } config = {};
    config.palette = 1;
    for (int tile = 0; tile < 8; ++tile) {
      const bool is_rows = tile == 4 || tile == 5, is_columns = tile > 5;
      config.row_bytes[tile] = static_cast<std::uint16_t>(is_rows ? k_bytes : kRowBytes);
      config.rows[tile] = static_cast<std::uint8_t>(is_columns ? k_bytes / 4 : 16);
    }
    static_assert(sizeof config == 64);
    __asm__ volatile("ldtilecfg %0" : : "m"(config));
  }
  static void release() { __asm__ volatile("tilerelease" : : : "memory"); }

  template <int kTile>
  static void zero() {
    __asm__ volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  // Rows that start `stride` bytes apart.
  template <int kTile>
  static void load(const void* rows, std::int64_t stride = kRowBytes) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2"
                     :
                     : "r"(rows), "r"(stride), "i"(kTile)
                     : "memory");
  }
  // The same for what is read from the L2 cache once: it does not displace what the L1 cache holds.
  template <int kTile>
  static void stream(const void* rows) {
    __asm__ volatile("tileloaddt1 (%0,%1,1), %%tmm%c2"
                     :
                     : "r"(rows), "r"(kRowBytes), "i"(kTile)
                     : "memory");
  }
  template <int kTile>
  static void store(void* rows) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)"
                     :
                     : "r"(rows), "r"(kRowBytes), "i"(kTile)
                     : "memory");
  }
  // sums += rows (s8) times columns (u8).
  template <int kSums, int kRows, int kColumns>
  static void multiply_unsigned() {
    __asm__ volatile("tdpbsud %%tmm%c2, %%tmm%c1, %%tmm%c0"
                     :
                     : "i"(kSums), "i"(kRows), "i"(kColumns));
  }
  // sums += rows (s8) times columns (s8).
  template <int kSums, int kRows, int kColumns>
  static void multiply_signed() {
    __asm__ volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0"
                     :
                     : "i"(kSums), "i"(kRows), "i"(kColumns));
  }
};

}  // namespace
}  // namespace pincer::kernels
