// What keys and values are kept in.
#pragma once

#include <optional>
#include <string_view>

namespace pincer {

// s8: a scale for each token and head, about half the memory of f16. f32 is the reference path's.
enum class KvFormat { f32, f16, s8 };

std::string_view kv_format_name(KvFormat format);  // "f32", "f16", "int8"
std::optional<KvFormat> parse_kv_format(std::string_view name);

// How a KV cache is made.
struct KvChoice {
  std::optional<KvFormat> format;  // none: Model::kv_format()
  // s8: take a constant vector away from all keys of a head before they are rounded, which changes
  // no result but that of rounding (pincer/kernels/smooth_k.h). It is the mean key of a fixed probe
  // and costs a step of a few tokens when an engine starts.
  bool smooth_k = false;
};

}  // namespace pincer
