// GET /v1/models and /v1/models/{id}
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> openai_models(const Api& api, Exchange& exchange);
asio::awaitable<void> openai_model(const Api& api, Exchange& exchange);

}  // namespace pincer
