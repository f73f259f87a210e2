// One value under a format specification.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/jinja/format.h"
#include "engine/jinja/number_text.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number at the front of `spec`, which loses it.
std::int64_t take_number(std::string_view& spec) {
  std::int64_t value = 0;
  while (!spec.empty() && is_digit(spec.front())) {
    value = std::min<std::int64_t>(value * 10 + (spec.front() - '0'), INT32_MAX);
    spec.remove_prefix(1);
  }
  return value;
}

bool take(std::string_view& spec, char c) {
  if (spec.empty() || spec.front() != c) return false;
  spec.remove_prefix(1);
  return true;
}

bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

std::string in_base(std::uint64_t value, unsigned base, bool upper) {
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  do {
    out.push_back(digits[value % base]);
    value /= base;
  } while (value != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

void group_thousands(std::string& digits) {
  std::size_t end = digits.find_first_not_of("0123456789");
  if (end == std::string::npos) end = digits.size();
  while (end > 3) {
    end -= 3;
    digits.insert(end, ",");
  }
}

std::string signed_text(bool negative, char sign, const std::string& digits) {
  if (negative) return "-" + digits;
  return sign == '-' ? digits : std::string(1, sign) + digits;
}

std::string integer_digits(std::uint64_t size, const FormatSpec& spec) {
  switch (spec.type) {
    case 'x':
    case 'X':
      return (spec.alternate ? (spec.type == 'x' ? "0x" : "0X") : "") +
             in_base(size, 16, spec.type == 'X');
    case 'o':
      return (spec.alternate ? "0o" : "") + in_base(size, 8, false);
    case 'b':
      return (spec.alternate ? "0b" : "") + in_base(size, 2, false);
    default:
      return std::to_string(size);
  }
}

std::string format_integer(std::int64_t value, const FormatSpec& spec) {
  const bool negative = value < 0;
  const std::uint64_t size =
      negative ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  std::string digits = integer_digits(size, spec);
  if (spec.grouped) group_thousands(digits);
  return signed_text(negative, spec.sign, digits);
}

std::string format_float(double value, const FormatSpec& spec) {
  constexpr std::int64_t kMostDigits = 400;  // a double has no more than 767 of them, mostly zeros
  const int precision = static_cast<int>(
      std::clamp<std::int64_t>(spec.precision < 0 ? 6 : spec.precision, 0, kMostDigits));
  const char type = spec.type == '%' ? 'f' : spec.type;
  const double size = std::abs(spec.type == '%' ? value * 100 : value);
  std::string digits;
  if (!std::isfinite(size)) {
    digits = std::isnan(size) ? "nan" : "inf";
  } else if (type == '\0' && spec.precision < 0) {
    digits = float_repr(size);
  } else {
    const char format[] = {'%', '.', '*', type == '\0' ? 'g' : type, '\0'};
    const int length = std::snprintf(nullptr, 0, format, precision, size);
    digits.resize(static_cast<std::size_t>(length) + 1);
    std::snprintf(digits.data(), digits.size(), format, precision, size);
    digits.pop_back();
  }
  if (spec.grouped) group_thousands(digits);
  if (spec.type == '%') digits += '%';
  return signed_text(std::signbit(value) && !std::isnan(value), spec.sign, digits);
}

Text format_text(Budget& budget, const Val& value, const FormatSpec& spec) {
  const TextRef text = to_text(budget, value);
  if (spec.precision < 0) return *text;
  std::size_t end = 0;
  for (std::int64_t i = 0; i < spec.precision && end < text->size(); ++i) {
    end += char_at(text->bytes(), end).length;
  }
  budget.spend_scan(end);
  return text->slice(0, end);
}

}  // namespace

FormatSpec parse_format_spec(std::string_view spec) {
  FormatSpec out;
  const std::size_t first = spec.empty() ? 0 : char_at(spec, 0).length;
  if (spec.size() > first && is_align(spec[first])) {
    out.fill = spec.substr(0, first);
    out.align = spec[first];
    spec.remove_prefix(first + 1);
  } else if (!spec.empty() && is_align(spec[0])) {
    out.align = spec[0];
    spec.remove_prefix(1);
  }
  if (take(spec, '+'))
    out.sign = '+';
  else if (take(spec, ' '))
    out.sign = ' ';
  else
    take(spec, '-');
  out.alternate = take(spec, '#');
  if (take(spec, '0') && out.align == '\0') {
    out.fill = "0";
    out.align = '=';
  }
  out.width = take_number(spec);
  out.grouped = take(spec, ',');
  if (take(spec, '.')) {
    if (spec.empty() || !is_digit(spec.front())) fail("a format lacks its precision");
    out.precision = take_number(spec);
  }
  if (!spec.empty()) {
    out.type = spec.front();
    spec.remove_prefix(1);
  }
  if (!spec.empty()) fail("a format specification is not valid");
  return out;
}

Text format_value(Budget& budget, const Val& value, const FormatSpec& spec) {
  constexpr std::string_view kIntegerTypes = "dxXob";
  constexpr std::string_view kFloatTypes = "fFeEgG%";
  const bool integer_type = kIntegerTypes.find(spec.type) != std::string_view::npos;
  const bool float_type = kFloatTypes.find(spec.type) != std::string_view::npos;
  const std::optional<std::int64_t> integer = as_integer(value);
  const bool plain_number = spec.type == '\0' && !value.is<bool>() && as_float(value);
  if (integer && (integer_type || (plain_number && !value.is<double>()))) {
    return pad(budget, Text(format_integer(*integer, spec), true), spec, '>');
  }
  if (as_float(value) && (float_type || plain_number)) {
    return pad(budget, Text(format_float(*as_float(value), spec), true), spec, '>');
  }
  if (spec.type != '\0' && (spec.type != 's' || value.text() == nullptr)) {
    fail("format code '" + std::string(1, spec.type) + "' does not fit '" +
         std::string(type_name(value)) + "'");
  }
  return pad(budget, format_text(budget, value, spec), spec, '<');
}

Text pad(Budget& budget, const Text& text, const FormatSpec& spec, char default_align) {
  budget.spend_scan(text.size());
  const auto chars = static_cast<std::int64_t>(count_chars(text.bytes()));
  if (chars >= spec.width) return text;
  const std::int64_t missing = spec.width - chars;
  const Text fill(std::string(spec.fill), true);
  const char align = spec.align != '\0' ? spec.align : default_align;
  const std::int64_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  Text out;
  std::size_t head = 0;
  const bool has_sign =
      !text.empty() && (text.bytes()[0] == '-' || text.bytes()[0] == '+' || text.bytes()[0] == ' ');
  if (align == '=' && has_sign) head = 1;
  out.append(text, 0, head);
  out.append(repeat(budget, fill, left));
  out.append(text, head, text.size());
  out.append(repeat(budget, fill, missing - left));
  budget.check_size(out.size());
  return out;
}

}  // namespace pincer::jinja
