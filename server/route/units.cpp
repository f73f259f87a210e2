#include "server/route/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace pincer {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 5> kUnits = {
    {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3.6e6}, {"d", 86.4e6}}};
constexpr double kMostMs = 10.0 * 366 * 86.4e6;

// A number and what follows it.
std::optional<std::pair<double, std::string_view>> number_and_unit(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return std::pair{value, text.substr(static_cast<std::size_t>(end - text.data()))};
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (const auto parts = number_and_unit(text)) {
    for (const auto& [unit, ms] : kUnits) {
      const double total = std::ceil(parts->first * ms);
      if (parts->second == unit && total >= 0 && total <= kMostMs)
        return std::chrono::milliseconds(static_cast<std::int64_t>(total));
    }
  }
  return Error{ErrorCode::invalid_argument,
               fmt::format("'{}' is no time; write it as 800ms, 5s, 2m, 1h or 30d, or 0", text)};
}

Result<double> parse_share(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (const auto parts = number_and_unit(digits); parts && parts->first >= 0) {
    if (parts->second == "%") return parts->first / 100;
    if (parts->second.empty()) return parts->first;
  }
  return Error{ErrorCode::invalid_argument,
               fmt::format("'{}' is no share; write it as 5%, +20% or 0.05", text)};
}

}  // namespace pincer
