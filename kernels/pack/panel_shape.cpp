#include "pincer/kernels/panel_shape.h"

#include <algorithm>

#include "kernels/cpu/detect.h"

namespace pincer::kernels {
namespace {

std::int64_t vector_bytes(PanelUnit unit) {
  switch (unit) {
    case PanelUnit::sve_vectors:
      return detail::sve_vector_bytes();
    case PanelUnit::sme_vectors:
      return detail::sme_vector_bytes();
    default:
      return 16;
  }
}

}  // namespace

std::uint16_t in_units(std::uint16_t count, PanelUnit unit) {
  return static_cast<std::uint16_t>(count * std::max<std::int64_t>(vector_bytes(unit), 16) / 16);
}

Layout PanelShape::layout(std::uint16_t group) const {
  Layout layout;
  layout.group = group;
  layout.bits = bits;
  if (any()) return layout;
  layout.nr = in_units(nr, unit);
  layout.kr = kr;
  layout.offset = offset;
  return layout;
}

bool PanelShape::fits(const Layout& other) const {
  if (any()) return other.bits == bits;
  const Layout own = layout(other.group);
  return own.nr == other.nr && own.kr == other.kr && own.offset == other.offset &&
         own.bits == other.bits;
}

}  // namespace pincer::kernels
