#include "engine/jinja/number_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

// Python switches to exponents outside of this range.
constexpr int kSmallestFixed = -4;
constexpr int kLargestFixed = 16;

bool starts_number(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string_view stripped(std::string_view text) {
  const Range range = trim_spaces(text, true, true);
  return text.substr(range.begin, range.end - range.begin);
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return out;
}

std::string fixed_notation(const std::string& digits, int exponent) {
  const int count = static_cast<int>(digits.size());
  if (exponent < 0)
    return "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  if (exponent >= count - 1) {
    return digits + std::string(static_cast<std::size_t>(exponent - count + 1), '0') + ".0";
  }
  const auto point = static_cast<std::size_t>(exponent) + 1;
  return digits.substr(0, point) + "." + digits.substr(point);
}

std::string scientific_notation(const std::string& digits, int exponent) {
  std::string out = digits.substr(0, 1);
  if (digits.size() > 1) out += "." + digits.substr(1);
  out += exponent < 0 ? "e-" : "e+";
  const int size = std::abs(exponent);
  return out + (size < 10 ? "0" : "") + std::to_string(size);
}

// Reads "0x" and the like; leaves the base's digits.
std::optional<int> take_prefix(std::string_view& digits, int base) {
  if (digits.size() >= 2 && digits[0] == '0') {
    const char letter = static_cast<char>(std::tolower(static_cast<unsigned char>(digits[1])));
    const int named = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (named != 0 && (base == 0 || base == named)) {
      digits.remove_prefix(2);
      if (!digits.empty() && digits[0] == '_') digits.remove_prefix(1);
      return named;
    }
  }
  if (base != 0) return base;
  // Without a prefix base 0 means decimal, where only zero may begin with 0.
  const bool zero = digits.find_first_not_of("0_") == std::string_view::npos;
  if (digits.size() > 1 && digits[0] == '0' && !zero) return std::nullopt;
  return 10;
}

}  // namespace

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const std::string sign = std::signbit(value) ? "-" : "";
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific);
  const std::string_view written(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t mark = written.find('e');
  std::string digits(written.substr(0, mark));
  digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
  std::string_view exponent_text = written.substr(mark + 1);
  if (exponent_text.front() == '+') exponent_text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (exponent < kSmallestFixed || exponent >= kLargestFixed) {
    return sign + scientific_notation(digits, exponent);
  }
  return sign + fixed_notation(digits, exponent);
}

std::optional<std::string> drop_underscores(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] != '_') {
      out.push_back(digits[i]);
    } else if (i == 0 || i + 1 == digits.size() || !is_alnum(digits[i - 1]) ||
               !is_alnum(digits[i + 1])) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<std::int64_t> parse_int(std::string_view text, int base) {
  constexpr int kLargestBase = 36;
  if (base < 0 || base == 1 || base > kLargestBase) return std::nullopt;
  std::string_view digits = stripped(text);
  const bool negative = !digits.empty() && digits[0] == '-';
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
  const std::optional<int> actual = take_prefix(digits, base);
  const std::optional<std::string> plain = drop_underscores(digits);
  if (!actual || !plain || plain->empty() || (*plain)[0] == '-') return std::nullopt;
  const std::string signed_digits = (negative ? "-" : "") + *plain;
  std::int64_t value = 0;
  const char* end = signed_digits.data() + signed_digits.size();
  const auto parsed = std::from_chars(signed_digits.data(), end, value, *actual);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

std::optional<double> parse_float(std::string_view text) {
  std::string_view digits = stripped(text);
  const bool negative = !digits.empty() && digits[0] == '-';
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
  const std::string word = lowered(digits);
  double value = 0;
  if (word == "inf" || word == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (word == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    const std::optional<std::string> plain = drop_underscores(digits);
    if (!plain || plain->empty() || !(starts_number((*plain)[0]) || (*plain)[0] == '.')) {
      return std::nullopt;
    }
    const char* end = plain->data() + plain->size();
    const auto parsed = std::from_chars(plain->data(), end, value);
    if (parsed.ptr != end) return std::nullopt;
    if (parsed.ec == std::errc::result_out_of_range) {
      // Too small or too large: the exponent's sign tells.
      const bool tiny = word.find("e-") != std::string::npos;
      value = tiny ? 0.0 : std::numeric_limits<double>::infinity();
    } else if (parsed.ec != std::errc()) {
      return std::nullopt;
    }
  }
  return negative ? -value : value;
}

}  // namespace pincer::jinja
