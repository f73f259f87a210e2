#include "server/http/request_timeout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace pincer {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {
    {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"", 1e3}}};
constexpr double kMostMs = 24.0 * 3600 * 1000;

std::string_view header(const Request& request, const char* name) {
  const auto found = request.headers.find(name);
  if (found == request.headers.end()) return {};
  return {found->value().data(), found->value().size()};
}

}  // namespace

Result<milliseconds> parse_timeout(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, ms] : kUnits) {
    if (error != std::errc{} || unit != name) continue;
    const double total = std::ceil(value * ms);
    if (!(total > 0) || total > kMostMs) break;
    return milliseconds(static_cast<std::int64_t>(total));
  }
  return Error{
      ErrorCode::invalid_argument,
      fmt::format("'{}' is not a time to wait: write seconds, as in 30 or 1.5, or 500ms, 30s, "
                  "2m; more than 0, at most a day",
                  text)};
}

Result<std::optional<milliseconds>> request_timeout(const Request& request) {
  std::optional<milliseconds> least;
  const std::string_view own = header(request, "x-request-timeout");
  const std::string_view envoy = header(request, "x-envoy-expected-rq-timeout-ms");
  for (const std::string& text :
       {std::string(own), envoy.empty() ? std::string() : std::string(envoy) + "ms"}) {
    if (text.empty()) continue;
    const auto timeout = parse_timeout(text);
    if (!timeout) return timeout.error();
    least = std::min(least.value_or(*timeout), *timeout);
  }
  return least;
}

}  // namespace pincer
