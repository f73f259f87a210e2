// POST /v1/embeddings: https://platform.openai.com/docs/api-reference/embeddings
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> openai_embeddings(const Api& api, Exchange& exchange);

}  // namespace pincer
