// The tools of a request, and which of them the model may or must call.
#pragma once

#include <optional>

#include "pincer/server/chat_request.h"
#include "server/api/json_fields.h"

namespace pincer {

// Chat completions wrap a function in a member of that name, Responses do not.
enum class ToolForm { wrapped, flat };

// "tools", "tool_choice" and "parallel_tool_calls". `fields` are the body's.
void parse_openai_tools(JsonFields& fields, ToolForm form, ChatRequest& chat,
                        std::optional<Problem>& problem);

}  // namespace pincer
