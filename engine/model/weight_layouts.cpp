#include "engine/model/weight_layouts.h"

#include <algorithm>
#include <array>
#include <bit>

namespace pincer {
namespace {

// Heads' values differ in size, and no turn mixes heads: with one scale for all, those of small
// ones are rounded coarsely (measured: the largest value is 4.5 deviations of the row, 3.4
// elsewhere). A tenth of a layer's weights and less is in these matrices.
constexpr std::uint16_t kValuesGroup = 32;

constexpr std::array kFormats = {WeightFormat::int8, WeightFormat::int8g32, WeightFormat::int4g32};

}  // namespace

std::string_view name(WeightFormat format) {
  switch (format) {
    case WeightFormat::int8:
      return "int8";
    case WeightFormat::int8g32:
      return "int8g32";
    case WeightFormat::int4g32:
      return "int4g32";
  }
  return "";
}

std::optional<WeightFormat> find_weight_format(std::string_view text) {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(),
                                  [text](WeightFormat format) { return name(format) == text; });
  return found == kFormats.end() ? std::nullopt : std::optional(*found);
}

std::string weight_format_names() {
  std::string names;
  for (const WeightFormat format : kFormats) {
    if (!names.empty()) names += ", ";
    names += name(format);
  }
  return names;
}

int hadamard_block(std::int64_t k) {
  constexpr std::uint64_t kLargest = 512;
  return 1 << std::countr_zero(static_cast<std::uint64_t>(k) | kLargest);
}

WeightLayouts weight_layouts(WeightFormat format, const kernels::KernelTable& kernels,
                             RotationTurn turn) {
  WeightLayouts layouts;
  layouts.turn = turn;
  layouts.head = kernels.s8.layout;
  layouts.layers = format == WeightFormat::int4g32 ? kernels.s4.layout : kernels.s8.layout;
  layouts.layers.transform = layouts.head.transform = transform_of(true, 0);
  layouts.attention_output = layouts.layers;
  if (format == WeightFormat::int8) {
    layouts.layers.group = layouts.head.group = 0;
    layouts.attention_output.group = kValuesGroup;
    layouts.rotate_values = layouts.rotate_down = true;
  }
  return layouts;
}

}  // namespace pincer
