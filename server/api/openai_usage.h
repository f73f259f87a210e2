// What OpenAI's answers say about tokens and time.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "server/api/answer_message.h"

namespace pincer {

// "usage" of chat completions and completions.
boost::json::object usage_json(const AnswerUsage& usage);

// An extension, in llama-server's words, so that its clients show our speed too.
boost::json::object timings_json(const Finish& finish);

// "stop", "length" or "tool_calls"
std::string_view openai_finish_reason(AnswerEnd::Reason reason);

}  // namespace pincer
