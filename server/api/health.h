// GET /health, /ready and /metrics
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> health(Exchange& exchange);                 // 200 while the process answers
asio::awaitable<void> ready(const Api& api, Exchange& exchange);  // 503 while loading or draining
asio::awaitable<void> metrics(const Api& api, Exchange& exchange);

}  // namespace pincer
