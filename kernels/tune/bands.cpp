#include <algorithm>
#include <array>
#include <limits>

#include "pincer/kernels/tuning.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kMany = std::numeric_limits<std::int64_t>::max();

// One row, a few, a batch, a short prompt, a chunk of a long one.
constexpr std::int64_t kRows[] = {1, 2, 4, 8, 16, 32, 128, kMany};
// Layers of models of 100 million weights, of a billion, and of more.
constexpr std::int64_t kWeights[] = {std::int64_t{1} << 20, std::int64_t{8} << 20, kMany};

constexpr auto kBands = [] {
  std::array<Band, std::size(kRows) * std::size(kWeights)> bands{};
  std::size_t i = 0;
  for (const std::int64_t weights : kWeights) {
    for (const std::int64_t rows : kRows) bands[i++] = {rows, weights};
  }
  return bands;
}();

std::size_t place(std::span<const std::int64_t> limits, std::int64_t value) {
  return static_cast<std::size_t>(std::ranges::lower_bound(limits, value) - limits.begin());
}

}  // namespace

std::span<const Band> bands() { return kBands; }

std::size_t band_of(std::int64_t m, std::int64_t n, std::int64_t k) {
  return place(kWeights, n * k) * std::size(kRows) + place(kRows, m);
}

}  // namespace pincer::kernels
