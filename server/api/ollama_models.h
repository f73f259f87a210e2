// GET /api/tags, /api/ps and /api/version, POST /api/show
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> ollama_tags(const Api& api, Exchange& exchange);
asio::awaitable<void> ollama_ps(const Api& api, Exchange& exchange);  // those that are loaded
asio::awaitable<void> ollama_version(Exchange& exchange);
asio::awaitable<void> ollama_show(const Api& api, Exchange& exchange);

}  // namespace pincer
