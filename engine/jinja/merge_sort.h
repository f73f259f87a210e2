// A stable sort that stays in bounds with any comparison: templates can compare what has no order
// (nan), and a comparison that fails throws.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace pincer::jinja {

template <class T, class Less>
void merge_sort(std::vector<T>& items, Less less) {
  std::vector<T> merged(items.size());
  for (std::size_t width = 1; width < items.size(); width *= 2) {
    for (std::size_t begin = 0; begin < items.size(); begin += 2 * width) {
      const auto at = [&](std::size_t offset) {
        const std::size_t place = std::min(begin + offset, items.size());
        return std::make_move_iterator(items.begin() + static_cast<std::ptrdiff_t>(place));
      };
      std::merge(at(0), at(width), at(width), at(2 * width),
                 merged.begin() + static_cast<std::ptrdiff_t>(begin), less);
    }
    items.swap(merged);
  }
}

}  // namespace pincer::jinja
