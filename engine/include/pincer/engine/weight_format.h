// What the weights of a packed model are kept in, by a stated policy per tensor.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pincer {

// int8     rotated: one scale per output channel and, of the activations, one per token. Orthogonal
//          transforms spread outliers first (docs/rotation.md), so that integer sums run over all
//          of k, the fastest that any kernel can be.
// int8g32  a scale for every 32 inputs, of weights and activations; the residual stream is turned.
// int4g32  the same with weights of 4 bits; the head, which decides between tokens, keeps 8.
enum class WeightFormat { int8, int8g32, int4g32 };
inline constexpr WeightFormat kDefaultWeights = WeightFormat::int8g32;

std::string_view name(WeightFormat format);  // "int8g32"
std::optional<WeightFormat> find_weight_format(std::string_view name);
std::string weight_format_names();  // "int8, int8g32, int4g32", for messages

}  // namespace pincer
