// The notations that grammars come in.
#pragma once

#include "engine/grammar/grammar.h"
#include "pincer/engine/output_format.h"
#include "pincer/engine/result.h"

namespace pincer::grammar {

// Errors: invalid_argument (not what the notation allows: says where and what), unsupported (names
// what), limit (too long, too deep, too much).
Result<Grammar> read_format(const OutputFormat& format);

}  // namespace pincer::grammar
