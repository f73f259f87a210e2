// Calls of earlier turns and their results, as clients send them back.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/api/json_fields.h"

namespace pincer {

// "tool_calls" of an assistant's message; `prefix` is that of `fields`. Arguments must be the text
// of a JSON object; an empty one is taken for {}.
std::vector<ToolCall> parse_openai_tool_calls(JsonFields& fields, const std::string& prefix,
                                              std::optional<Problem>& problem);

// True if it is the text of a JSON object.
bool is_json_object(const std::string& text);

// Results come right after the message with their calls, and each call has exactly one. A last
// message may not end with open calls either: there would be nothing to answer.
struct WrongToolHistory {
  std::size_t message = 0;  // its index
  std::string why;
};
std::optional<WrongToolHistory> find_wrong_tool_history(const std::vector<Message>& messages);

}  // namespace pincer
