// GET /admin/pool, GET /admin/routes, POST /admin/drain: for whoever runs the server.
#pragma once

#include "server/api/api.h"

namespace pincer {

// What of the weights is mapped and in memory: `pincer ps --json`, for this process.
asio::awaitable<void> admin_pool(const Api& api, Exchange& exchange);
// Upstreams, breakers and what answers have cost: router_json(). 404 without routes.
asio::awaitable<void> admin_routes(const Api& api, Exchange& exchange);
// 202; then as SIGTERM: requests in progress finish.
asio::awaitable<void> admin_drain(const Api& api, Exchange& exchange);

}  // namespace pincer
