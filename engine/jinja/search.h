// Substrings, in time that cannot explode: glibc's memmem is linear, and what is not is paid for.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/jinja/budget.h"

namespace pincer::jinja {

// The first place of `needle` at or after `from`, or npos.
std::size_t find_bytes(Budget& budget, std::string_view text, std::string_view needle,
                       std::size_t from);
// The last place of `needle`, or npos.
std::size_t rfind_bytes(Budget& budget, std::string_view text, std::string_view needle);

}  // namespace pincer::jinja
