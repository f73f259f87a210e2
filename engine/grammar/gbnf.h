// GBNF, llama.cpp's notation for grammars.
#pragma once

#include <string_view>

#include "engine/grammar/grammar.h"
#include "pincer/engine/result.h"

namespace pincer::grammar {

// `name ::= ...` with literals, character classes, any character (.), groups, alternatives,
// repetitions * + ? {m} {m,} {m,n} and comments (#); the rule `root` is the whole text. Errors:
// invalid_argument (syntax, a rule that is not defined or twice), unsupported (tokens, <..>),
// limit.
Result<Grammar> read_gbnf(std::string_view text);

}  // namespace pincer::grammar
