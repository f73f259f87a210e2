// The rate of tdpbsud on tile registers: four chains, of two tiles of rows and two of columns.
//
// Products of tiles that stay in their registers are faster than those of new ones: on a Xeon of
// 2024 they take 4.36 ns, with all four operands loaded for every four products from the L1 cache
// 5.4 ns, unless what is loaded is zeros. That is power, not ports, and not for a kernel to avoid.
#include <cstdint>

#include "kernels/gemm/amx_tiles.h"

namespace pincer::kernels {

std::int64_t peak_s8s8_s32_amx_32x32x64(std::int64_t turns) noexcept {
  constexpr std::int64_t kMacs = 32 * 32 * 64;
  alignas(64) std::uint8_t operands[4][1024];
  std::uint32_t bits = 1;
  for (auto& tile : operands) {
    for (std::uint8_t& byte : tile) {
      bits = bits * 1664525 + 1013904223;  // Numerical Recipes' generator
      byte = static_cast<std::uint8_t>(bits >> 24);
    }
  }
  using T = AmxTiles;
  T::configure(64);
  T::zero<0>();
  T::zero<1>();
  T::zero<2>();
  T::zero<3>();
  T::load<4>(operands[0]);
  T::load<5>(operands[1]);
  T::load<6>(operands[2]);
  T::load<7>(operands[3]);
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    T::multiply_unsigned<0, 4, 6>();
    T::multiply_unsigned<1, 4, 7>();
    T::multiply_unsigned<2, 5, 6>();
    T::multiply_unsigned<3, 5, 7>();
  }
  T::release();
  return turns * kMacs;
}

}  // namespace pincer::kernels
