// Python's two ways to format: "%05.2f" % x and "{:>8}".format(x). Marks of the format and of what
// is put in are kept.
#pragma once

#include <string_view>

#include "engine/jinja/budget.h"
#include "engine/jinja/objects.h"
#include "engine/jinja/text.h"
#include "engine/jinja/val.h"

namespace pincer::jinja {

// `args` is a tuple of values, a dict for "%(name)s", or the only value.
Text format_percent(Budget& budget, const Text& format, const Val& args);

Text format_braces(Renderer& renderer, const Text& format, const CallArgs& args);

// How one value is written: the part after ':' in braces, or the flags of a percent.
struct FormatSpec {
  std::string_view fill = " ";  // one character
  char align = '\0';            // '<', '>', '^', '=', or none
  char sign = '-';              // '+', ' ' or '-'
  bool alternate = false;       // "0x" before hex digits
  bool grouped = false;         // thousands by ','
  std::int64_t width = 0;
  std::int64_t precision = -1;
  char type = '\0';
};

// "[[fill]align][sign][#][0][width][,][.precision][type]"
FormatSpec parse_format_spec(std::string_view spec);
Text format_value(Budget& budget, const Val& value, const FormatSpec& spec);
// Fills `text` up to the width. '=' puts the filling behind the sign.
Text pad(Budget& budget, const Text& text, const FormatSpec& spec, char default_align);

}  // namespace pincer::jinja
