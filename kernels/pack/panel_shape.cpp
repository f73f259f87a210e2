#include "pincer/kernels/panel_shape.h"

#include <cassert>

namespace pincer::kernels {

Layout PanelShape::layout(std::uint16_t group) const {
  Layout layout;
  layout.group = group;
  if (any()) return layout;
  assert(unit == PanelUnit::channels);
  layout.nr = nr;
  layout.kr = kr;
  layout.offset = offset;
  layout.bits = bits;
  return layout;
}

bool PanelShape::fits(const Layout& other) const {
  if (any()) return other.bits == bits;
  const Layout own = layout(other.group);
  return own.nr == other.nr && own.kr == other.kr && own.offset == other.offset &&
         own.bits == other.bits;
}

}  // namespace pincer::kernels
