// AmxTiles of kernels/gemm/amx_tiles.h in plain C++, by Intel's pseudocode (SDM volume 2, TDPBSSD
// and the like). Where AmxTiles would fault, an assertion fails.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>

namespace pincer::kernels {
namespace {

class EmulatedTiles {
 public:
  static constexpr std::int64_t kRowBytes = 64;

  static void configure(int k_bytes) {
    assert(k_bytes > 0 && k_bytes <= 64 && k_bytes % 4 == 0);
    tiles_ = {};
    k_bytes_ = k_bytes;
  }
  static void release() { k_bytes_ = 0; }

  template <int kTile>
  static void zero() {
    tiles_[kTile] = {};
  }
  template <int kTile>
  static void load(const void* rows) {
    tiles_[kTile] = {};
    for (int r = 0; r < rows_of(kTile); ++r) {
      std::memcpy(tiles_[kTile][r].data(), static_cast<const std::uint8_t*>(rows) + r * kRowBytes,
                  bytes_of(kTile));
    }
  }
  template <int kTile>
  static void stream(const void* rows) {
    load<kTile>(rows);
  }
  template <int kTile>
  static void store(void* rows) {
    for (int r = 0; r < rows_of(kTile); ++r) {
      std::memcpy(static_cast<std::uint8_t*>(rows) + r * kRowBytes, tiles_[kTile][r].data(),
                  bytes_of(kTile));
    }
  }
  template <int kSums, int kRows, int kColumns>
  static void multiply_unsigned() {
    multiply<kSums, kRows, kColumns>([](std::uint8_t byte) { return std::int32_t{byte}; });
  }
  template <int kSums, int kRows, int kColumns>
  static void multiply_signed() {
    multiply<kSums, kRows, kColumns>(
        [](std::uint8_t byte) { return std::int32_t{static_cast<std::int8_t>(byte)}; });
  }

 private:
  using Tile = std::array<std::array<std::uint8_t, 64>, 16>;

  static int rows_of(int tile) {
    assert(k_bytes_ > 0);
    return tile > 5 ? k_bytes_ / 4 : 16;
  }
  static std::size_t bytes_of(int tile) {
    return static_cast<std::size_t>(tile == 4 || tile == 5 ? k_bytes_ : 64);
  }

  template <int kSums, int kRows, int kColumns, class Read>
  static void multiply(Read read) {
    static_assert(kSums < 4 && (kRows == 4 || kRows == 5) && kColumns > 5);
    for (int m = 0; m < 16; ++m) {
      for (int n = 0; n < 16; ++n) {
        std::uint32_t sum;  // wraps, as in a tile
        std::memcpy(&sum, &tiles_[kSums][m][n * 4], sizeof sum);
        for (int k = 0; k < k_bytes_; ++k) {
          sum += static_cast<std::uint32_t>(static_cast<std::int8_t>(tiles_[kRows][m][k]) *
                                            read(tiles_[kColumns][k / 4][n * 4 + k % 4]));
        }
        std::memcpy(&tiles_[kSums][m][n * 4], &sum, sizeof sum);
      }
    }
  }

  inline static std::array<Tile, 8> tiles_ = {};
  inline static int k_bytes_ = 0;
};

}  // namespace
}  // namespace pincer::kernels
