// The "messages" of a chat request.
#pragma once

#include <optional>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/api/json_fields.h"

namespace pincer {

// `fields` are the body's. Roles system, developer (taken as system), user, assistant, tool;
// contents are strings or arrays of {"type":"text"} parts, which are joined by line breaks.
std::vector<Message> parse_openai_messages(JsonFields& fields, std::optional<Problem>& problem);

}  // namespace pincer
