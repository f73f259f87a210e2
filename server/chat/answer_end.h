// What the end of a generation means to the one who asked.
#pragma once

#include <optional>

#include "pincer/engine/generation.h"
#include "server/chat/answer_news.h"
#include "server/chat/answer_reader.h"

namespace pincer {

// Why it ended otherwise than it should have. `stopped`: its reader wanted no more of it.
std::optional<Problem> finish_problem(const Finish& finish, bool stopped);

// Without such a problem.
AnswerEnd answer_end(const AnswerReader& reader, Finish finish);

}  // namespace pincer
