#include "server/cli/size_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace pincer {

Result<std::int64_t> parse_size(std::string_view text) {
  const Error wrong{ErrorCode::invalid_argument,
                    fmt::format("'{}' is no size; write it as 4G, 512M or 1.5GiB", text)};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0)) return wrong;
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.ends_with('B') || unit.ends_with('b')) unit.remove_suffix(1);
  const bool binary = unit.ends_with('i');
  if (binary) unit.remove_suffix(1);
  int power = 0;
  if (!unit.empty()) {
    const auto found = std::string_view("kmgtKMGT").find(unit);
    if (unit.size() != 1 || found == std::string_view::npos) return wrong;
    power = static_cast<int>(found % 4) + 1;
  } else if (binary) {
    return wrong;
  }
  const double bytes = value * std::pow(binary ? 1024.0 : 1000.0, power);
  if (bytes > 9e18) return wrong;
  return static_cast<std::int64_t>(bytes);
}

}  // namespace pincer
