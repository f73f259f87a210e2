// The "messages" of a chat request.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/api/json_fields.h"

namespace pincer {

struct OpenAiMessages {
  std::vector<Message> messages;
  bool prefix = false;  // the last is an assistant's with "prefix", as DeepSeek has it: go on there
};

// `fields` are the body's. Roles system, developer (taken as system), user, assistant, tool;
// contents are strings or arrays of {"type":"text"} parts, which are joined by line breaks. Every
// tool call has its result, and every result its call.
OpenAiMessages parse_openai_messages(JsonFields& fields, std::optional<Problem>& problem);

// A content in `key`: a string, or an array of parts of one of `types`, each with a "text".
// `prefix` is that of `fields`.
std::string parse_openai_content(JsonFields& fields, std::string_view key,
                                 std::span<const std::string_view> types, const std::string& prefix,
                                 std::optional<Problem>& problem);

}  // namespace pincer
