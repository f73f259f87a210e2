// `pincer route --score`: the rows of a file with the default score of their prompts.
#pragma once

#include <string>
#include <string_view>

#include "pincer/engine/result.h"

namespace pincer {

// `csv` has a column "prompt"; what comes back has all its columns and "score" after them, with
// `features` also those that the score weighs. Errors: as parse_csv; no such column; a column
// "score" that is there already.
Result<std::string> score_csv(std::string_view csv, bool features);

}  // namespace pincer
