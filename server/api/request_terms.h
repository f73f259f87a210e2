// What holds for a request whoever answers it: whose it is, how urgent, how long it may take.
#pragma once

#include <chrono>
#include <optional>

#include "pincer/server/chat_request.h"
#include "pincer/server/embedding_input.h"
#include "pincer/server/limits.h"
#include "server/api/caller.h"

namespace pincer {

// Fills in client and deadlines. A problem: the caller's key does not allow its priority.
std::optional<Problem> set_terms(ChatRequest& request, const Limits& limits, const Caller& caller);
// For an embedding, which cannot ask for a priority: the highest up to 0 that the key allows.
void set_terms(EmbeddingInput& input, const Limits& limits, const Caller& caller);

// Until when it may wait for its turn; the clock's maximum: as long as that takes.
std::chrono::steady_clock::time_point waits_until(const Limits& limits, const Caller& caller);

}  // namespace pincer
