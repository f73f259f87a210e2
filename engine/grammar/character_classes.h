// Named sets of characters.
#pragma once

#include <optional>
#include <string_view>

#include "engine/grammar/code_points.h"

namespace pincer::grammar {

// \d, \w, \s by their letter: what all dialects agree on, that is ASCII; with a capital letter what
// all of them agree is outside.
std::optional<CodePointSet> class_escape(char letter);

// A general category of Unicode, "L" or "Lu", or nothing when there is none of that name.
std::optional<CodePointSet> general_category(std::string_view name);

// Without line ends.
CodePointSet dot();

}  // namespace pincer::grammar
