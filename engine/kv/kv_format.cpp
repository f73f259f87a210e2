#include "pincer/engine/kv_format.h"

#include <array>
#include <utility>

namespace pincer {
namespace {

constexpr std::array kNames = {std::pair{KvFormat::f32, std::string_view("f32")},
                               std::pair{KvFormat::f16, std::string_view("f16")},
                               std::pair{KvFormat::s8, std::string_view("int8")}};

}  // namespace

std::string_view kv_format_name(KvFormat format) {
  for (const auto& [f, name] : kNames) {
    if (f == format) return name;
  }
  return "unknown";
}

std::optional<KvFormat> parse_kv_format(std::string_view name) {
  for (const auto& [f, n] : kNames) {
    if (n == name) return f;
  }
  return std::nullopt;
}

}  // namespace pincer
