// Cutting text: what strip, split and their kin are made of. Every part keeps its marks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/jinja/budget.h"
#include "engine/jinja/text.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {

// `chars` is a set of characters; null means white space.
Text strip(Budget& budget, const Text& text, const Text* chars, bool left, bool right);

// At most `most` cuts from the left, or from the right; negative: no limit. `separator` null means
// runs of white space, with none at the ends; it must not be empty.
std::vector<Text> split(Budget& budget, const Text& text, const Text* separator, std::int64_t most,
                        bool from_right);
std::vector<Text> split_lines(Budget& budget, const Text& text, bool keep_ends);

// At most `most` replacements; negative: all. An empty `old` matches between all characters.
Text replace(Budget& budget, const Text& text, const Text& old, const Text& with,
             std::int64_t most);

// Occurrences that do not overlap.
std::int64_t count_text(Budget& budget, std::string_view text, std::string_view part);

}  // namespace pincer::jinja
