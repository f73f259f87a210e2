// Regular expressions, in the notation that ECMAScript, Python and PCRE share.
#pragma once

#include <string_view>

#include "engine/grammar/grammar.h"
#include "pincer/engine/result.h"

namespace pincer::grammar {

enum class RegexUse {
  whole_text,   // the expression is all there is
  json_string,  // it occurs in the value of a JSON string (`pattern`): what comes out are the
                // characters between its quotes, escaped
};

// Literals, . classes, \d \w \s and their complements, \p{..} for general categories, groups,
// alternatives, ^ and $ at the ends of the outermost ones, greedy and lazy quantifiers. Where the
// dialects differ about a character, it is not generated. Errors: invalid_argument (syntax),
// unsupported (back references, look-around, word boundaries, flags, possessive quantifiers),
// limit.
Result<ExprId> read_regex(Grammar& grammar, std::string_view text, RegexUse use);

// A JSON string's characters of this set, escaped as far as they must be.
ExprId json_characters(Grammar& grammar, const CodePointSet& set);

}  // namespace pincer::grammar
