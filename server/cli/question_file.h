// A file of questions with answers to choose from, one JSON object a line:
//   {"question": "2 + 2 =", "choices": [" 3", " 4"], "answer": 1}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/choice_score.h"
#include "pincer/engine/loaded_model.h"

namespace pincer {

// A question's text is followed by that of a choice as they stand. Empty lines are skipped. Errors
// name the line.
Result<std::vector<ChoiceQuestion>> read_questions(std::string_view text,
                                                   const Tokenizer& tokenizer);

// With progress on stderr, as `what`; options.progress is set here.
Result<ChoiceScore> ask(const LoadedModel& model, const std::vector<ChoiceQuestion>& questions,
                        ChoiceScoreOptions options, const std::string& what);

}  // namespace pincer
