// POST /v1/completions
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> openai_completions(const Api& api, Exchange& exchange);

}  // namespace pincer
