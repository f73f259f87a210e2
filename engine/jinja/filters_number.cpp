// Filters of numbers.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "engine/jinja/args.h"
#include "engine/jinja/filters.h"
#include "engine/jinja/number_text.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {
namespace {

// Towards zero. Nothing for nan, inf and what needs more than 64 bits.
std::optional<std::int64_t> truncated(double value) {
  constexpr double kLimit = 9223372036854775808.0;
  if (!(value > -kLimit && value < kLimit)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

// Correctly rounded, as Python's round: through the decimal digits for digits behind the point.
double round_float(double value, std::int64_t digits) {
  constexpr std::int64_t kMostDigits = 330;  // no double changes beyond these
  if (!std::isfinite(value) || digits > kMostDigits) return value;
  if (digits < -kMostDigits) return std::copysign(0.0, value);
  if (digits >= 0) {
    char buffer[800];
    std::snprintf(buffer, sizeof(buffer), "%.*f", static_cast<int>(digits), value);
    return std::strtod(buffer, nullptr);
  }
  const double unit = std::pow(10.0, static_cast<double>(-digits));
  return std::nearbyint(value / unit) * unit;
}

std::int64_t round_int(std::int64_t value, std::int64_t digits) {
  if (digits >= 0) return value;
  constexpr std::int64_t kMostDigits = 18;
  if (digits < -kMostDigits) return 0;
  std::int64_t unit = 1;
  for (std::int64_t i = 0; i < -digits; ++i) unit *= 10;
  std::int64_t rest = value % unit;
  if (rest < 0) rest += unit;
  const std::int64_t down = value - rest;  // may be below the smallest integer only for rest > 0
  const bool up = rest > unit - rest || (rest == unit - rest && (down / unit) % 2 != 0);
  return up ? checked_add(down, unit) : down;
}

Val round_directed(double value, std::int64_t digits, bool up) {
  const double scale = std::pow(10.0, static_cast<double>(digits));
  const double scaled = value * scale;
  return (up ? std::ceil(scaled) : std::floor(scaled)) / scale;
}

}  // namespace

Val filter_abs(Renderer&, const Val& input, FilterArgs args) {
  const Arguments a("abs", args, {});
  if (const std::optional<std::int64_t> number = as_integer(input)) {
    return *number < 0 ? negate(*number) : Val(*number);
  }
  if (const double* number = input.get<double>()) return std::abs(*number);
  if (input.is<Undefined>()) fail_undefined(input);
  fail("'abs' takes a number, not '" + std::string(type_name(input)) + "'");
}

Val filter_int(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("int", args, {"default", "base"});
  if (input.is<Undefined>()) fail_undefined(input);
  Val fallback = a.find(0) != nullptr ? a.at(0) : Val(std::int64_t{0});
  const std::int64_t base = a.integer(1, 10);
  if (const Text* text = input.text()) {
    r.budget().spend_scan(text->size());
    constexpr std::int64_t kLargestBase = 36;
    const bool valid = base == 0 || (base >= 2 && base <= kLargestBase);
    if (valid) {
      if (const auto number = parse_int(text->bytes(), static_cast<int>(base))) return *number;
    }
    const std::optional<double> number = parse_float(text->bytes());
    const std::optional<std::int64_t> whole = number ? truncated(*number) : std::nullopt;
    return whole ? Val(*whole) : fallback;
  }
  if (const std::optional<std::int64_t> number = as_integer(input)) return *number;
  if (const double* number = input.get<double>()) {
    if (std::isnan(*number)) return fallback;
    const std::optional<std::int64_t> whole = truncated(*number);
    if (!whole) fail("'int' cannot hold " + float_repr(*number));
    return *whole;
  }
  return fallback;
}

Val filter_float(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("float", args, {"default"});
  if (input.is<Undefined>()) fail_undefined(input);
  if (const std::optional<double> number = as_float(input)) return *number;
  if (const Text* text = input.text()) {
    r.budget().spend_scan(text->size());
    if (const std::optional<double> number = parse_float(text->bytes())) return *number;
  }
  return a.find(0) != nullptr ? a.at(0) : Val(0.0);
}

Val filter_round(Renderer&, const Val& input, FilterArgs args) {
  const Arguments a("round", args, {"precision", "method"});
  const std::int64_t digits = a.integer(0, 0);
  const std::string_view method = a.find(1) != nullptr ? a.text(1).bytes() : "common";
  if (method != "common" && method != "ceil" && method != "floor") {
    fail("the method of 'round' must be common, ceil or floor");
  }
  const std::optional<double> number = as_float(input);
  if (!number) {
    if (input.is<Undefined>()) fail_undefined(input);
    fail("'round' takes a number, not '" + std::string(type_name(input)) + "'");
  }
  if (method != "common") return round_directed(*number, digits, method == "ceil");
  if (const std::optional<std::int64_t> whole = as_integer(input)) return round_int(*whole, digits);
  return round_float(*number, digits);
}

Val filter_sum(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("sum", args, {"attribute", "start"});
  const bool by_attribute = a.find(0) != nullptr && !a.at(0).is<None>();
  const AttributePath path(r, by_attribute ? a.find(0) : nullptr);
  Val sum = a.find(1) != nullptr ? a.at(1) : Val(std::int64_t{0});
  if (sum.text() != nullptr) fail("'sum' does not add strings; use 'join'");
  for (const Val& item : each(r.budget(), input)) {
    sum = arithmetic(r.budget(), ast::BinaryOp::add, sum, path.get(item));
  }
  return sum;
}

}  // namespace pincer::jinja
