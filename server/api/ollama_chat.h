// POST /api/chat and /api/generate
#pragma once

#include "server/api/api.h"
#include "server/api/ollama_request.h"

namespace pincer {

asio::awaitable<void> ollama_chat(const Api& api, OllamaUse use, Exchange& exchange);

}  // namespace pincer
