// JSON Schema (draft 2020-12, the part that structured output uses).
#pragma once

#include <string_view>

#include "engine/grammar/grammar.h"
#include "pincer/engine/result.h"

namespace pincer::grammar {

// What the grammar matches is valid; not all that is valid is matched: properties come in the
// schema's order, and what a schema does not mention is not made up (docs/grammar.md). Errors:
// invalid_argument (not JSON, not a schema, nothing can match), unsupported (a keyword or a use of
// it that cannot be kept: names it and where), limit.
Result<Grammar> read_schema(std::string_view text);

// Any JSON object.
Grammar json_object();

}  // namespace pincer::grammar
