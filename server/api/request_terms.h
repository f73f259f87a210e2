// What holds for a request whoever answers it: whose it is, how urgent, how long it may take.
#pragma once

#include <optional>

#include "pincer/server/chat_request.h"
#include "pincer/server/limits.h"
#include "server/api/caller.h"

namespace pincer {

// Fills in client and deadlines. A problem: the caller's key does not allow its priority.
std::optional<Problem> set_terms(ChatRequest& request, const Limits& limits, const Caller& caller);

}  // namespace pincer
