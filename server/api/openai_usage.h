// What OpenAI's answers say about themselves: who made them, tokens, time.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/api/answer_message.h"

namespace pincer {

struct AnswerHead {
  std::string id;
  std::int64_t created = 0;
  std::string model;
  std::string fingerprint;
};
// With a new id that begins with `prefix`, such as "chatcmpl-".
AnswerHead answer_head(std::string_view prefix, const Backend& backend);
// The members that begin each event of a stream, as JSON without the closing brace. `object`: such
// as "chat.completion.chunk".
std::string event_head(const AnswerHead& head, std::string_view object);

// "usage" of chat completions and completions.
boost::json::object usage_json(const AnswerUsage& usage);

// An extension, in llama-server's words, so that its clients show our speed too.
boost::json::object timings_json(const Finish& finish);

// "stop", "length" or "tool_calls"
std::string_view openai_finish_reason(AnswerEnd::Reason reason);

}  // namespace pincer
