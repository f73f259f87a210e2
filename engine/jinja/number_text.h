// Numbers to and from text, as Python writes and reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pincer::jinja {

// repr(float): the shortest digits that read back the same, "1e+16", "0.1", "2.0", "inf", "nan".
std::string float_repr(double value);

// int(text, base) and float(text): surrounding spaces, a sign and single underscores between digits
// are allowed. Base 0 reads the prefixes 0b, 0o, 0x. Empty when the text is no number or does not
// fit.
std::optional<std::int64_t> parse_int(std::string_view text, int base = 10);
std::optional<double> parse_float(std::string_view text);

// Digits before an underscore-free parse: the underscores gone, or nothing if one is misplaced.
std::optional<std::string> drop_underscores(std::string_view digits);

}  // namespace pincer::jinja
