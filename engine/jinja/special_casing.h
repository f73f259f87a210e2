// The characters whose upper or title case is more than one character ("ß" becomes "SS").
// Source: https://www.unicode.org/Public/14.0.0/ucd/SpecialCasing.txt
#pragma once

#include <array>

namespace pincer::jinja {

struct Expansion {
  char32_t from;
  std::array<char32_t, 3> to;  // ends at the first zero
};

// Null when the simple case mapping of one character holds.
const Expansion* upper_expansion(char32_t code_point);
const Expansion* title_expansion(char32_t code_point);

}  // namespace pincer::jinja
