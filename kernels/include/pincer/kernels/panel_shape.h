// The panel shapes that kernels are written for: rows of kernels.inc name them.
#pragma once

#include <cstdint>

#include "pincer/kernels/matrix.h"

namespace pincer::kernels {

// What nr counts: channels, or channels for every 16 bytes of a vector of this machine.
enum class PanelUnit : std::uint8_t { channels, sve_vectors, sme_vectors };

// `count` in that unit, for rows as for channels. Machines without such vectors count as if theirs
// were of 16 bytes.
std::uint16_t in_units(std::uint16_t count, PanelUnit unit);

struct PanelShape {
  std::uint16_t nr = 0;  // 0: any layout of `bits` is read
  std::uint16_t kr = 0;
  std::uint8_t offset = 0;
  std::uint8_t bits = 8;
  PanelUnit unit = PanelUnit::channels;

  bool any() const { return nr == 0; }
  // The layout on this machine, with scales for every `group` values of k.
  Layout layout(std::uint16_t group) const;
  bool fits(const Layout& layout) const;
};

namespace panels {
inline constexpr PanelShape any{};
inline constexpr PanelShape x86{.nr = 16, .kr = 4, .offset = 1};
inline constexpr PanelShape i8mm{.nr = 12, .kr = 8};
inline constexpr PanelShape dotprod{.nr = 12, .kr = 4};
inline constexpr PanelShape neon{.nr = 4, .kr = 16};
inline constexpr PanelShape sve{.nr = 12, .kr = 4, .unit = PanelUnit::sve_vectors};
inline constexpr PanelShape sve_i8mm{.nr = 12, .kr = 8, .unit = PanelUnit::sve_vectors};
inline constexpr PanelShape sme{.nr = 8, .kr = 4, .unit = PanelUnit::sme_vectors};

// The same panels of 4-bit weights.
constexpr PanelShape of_4_bits(PanelShape shape) {
  shape.bits = 4;
  return shape;
}
inline constexpr PanelShape any_s4 = of_4_bits(any);
inline constexpr PanelShape x86_s4 = of_4_bits(x86);
inline constexpr PanelShape i8mm_s4 = of_4_bits(i8mm);
inline constexpr PanelShape dotprod_s4 = of_4_bits(dotprod);
inline constexpr PanelShape neon_s4 = of_4_bits(neon);
inline constexpr PanelShape sve_s4 = of_4_bits(sve);
inline constexpr PanelShape sve_i8mm_s4 = of_4_bits(sve_i8mm);
}  // namespace panels

}  // namespace pincer::kernels
