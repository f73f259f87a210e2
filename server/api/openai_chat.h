// POST /v1/chat/completions
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> openai_chat(const Api& api, Exchange& exchange);

}  // namespace pincer
