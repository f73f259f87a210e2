// Texts that match several regular expressions at once.
#pragma once

#include <string_view>
#include <vector>

#include "engine/grammar/grammar.h"
#include "pincer/engine/result.h"

namespace pincer::grammar {

// The byte strings that each of `parts` matches; none of them recursive. Error limit: the automaton
// of all of them together has too many states.
Result<ExprId> intersect(Grammar& grammar, const std::vector<ExprId>& parts);

// Whether `part` matches `text`.
Result<bool> matches(const Grammar& grammar, ExprId part, std::string_view text);

}  // namespace pincer::grammar
