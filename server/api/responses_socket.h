// GET /v1/responses as a WebSocket: the events of responses as messages, one
// response after another.
// https://developers.openai.com/api/docs/guides/websocket-mode
#pragma once

#include "server/api/api.h"

namespace pincer {

asio::awaitable<void> responses_socket(const Api& api, Exchange& exchange);

}  // namespace pincer
