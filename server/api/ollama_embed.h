// POST /api/embed, and /api/embeddings, its older form for one text.
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> ollama_embed(const Api& api, Exchange& exchange);
asio::awaitable<void> ollama_embeddings(const Api& api, Exchange& exchange);

}  // namespace pincer
