// Upper, lower and title case. One character may become several; each keeps the mark of its source.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/jinja/budget.h"
#include "engine/jinja/text.h"

namespace pincer::jinja {

Text upper(Budget& budget, const Text& text);
Text lower(Budget& budget, const Text& text);
Text fold_case(Budget& budget, const Text& text);  // lower case in which "ß" is "ss"
Text swap_case(Budget& budget, const Text& text);
Text capitalize(Budget& budget,
                const Text& text);             // the first character in title case, the rest lower
Text title(Budget& budget, const Text& text);  // str.title: every word, words end at non-letters
Text title_filter(Budget& budget, const Text& text);  // jinja2's: words end at spaces and -({[<

// Whether there are letters with case and all are as wanted: is_upper or is_lower.
bool all_cased_like(Budget& budget, std::string_view text, bool (*wanted)(char32_t));

// In the middle of `width` characters; `fill` null means spaces.
Text center(Budget& budget, const Text& text, std::int64_t width, const Text* fill);

}  // namespace pincer::jinja
