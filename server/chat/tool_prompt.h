// Tools for a model whose template does not know of any: told in the system message, called and
// answered in the text.
#pragma once

#include <string>
#include <vector>

#include "pincer/server/chat_request.h"

namespace pincer {

// {"type":"function","function":{"name":…,"description":…,"parameters":…}}
std::string tool_json(const Tool& tool);

// The request's messages with roles and contents only. The tools are described in the first
// message, calls stand as <tool_call>{…}</tool_call> in the assistant's text, and their results as
// <tool_response>…</tool_response> in messages of the user.
std::vector<Message> plain_messages(const ChatRequest& request, bool show_tools);

}  // namespace pincer
