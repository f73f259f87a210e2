// "logprobs" and "top_logprobs" of chat requests.
#pragma once

#include "pincer/server/chat_request.h"
#include "server/api/json_fields.h"

namespace pincer {

void parse_logprobs(JsonFields& fields, ChatRequest& chat);

}  // namespace pincer
