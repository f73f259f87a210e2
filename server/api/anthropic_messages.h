// POST /v1/messages and /v1/messages/count_tokens
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> anthropic_messages(const Api& api, Exchange& exchange);
asio::awaitable<void> anthropic_count_tokens(const Api& api, Exchange& exchange);

}  // namespace pincer
