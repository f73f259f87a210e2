// GET /admin/canary: all canaries. POST /admin/canary/{route}: {"weight": 10} in percent, or
// {"action": "rollback" | "resume" | "promote"}.
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> admin_canaries(const Api& api, Exchange& exchange);
asio::awaitable<void> admin_change_canary(const Api& api, Exchange& exchange);

}  // namespace pincer
