// Which known name was meant by one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pincer {

// The one of `known` that takes the fewest edits (Levenshtein); empty: nothing is known.
std::string nearest_name(std::string_view word, const std::vector<std::string>& known);

}  // namespace pincer
