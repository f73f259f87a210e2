// POST /tokenize, /detokenize and /apply-template, as llama.cpp's server has them:
// https://github.com/ggml-org/llama.cpp/tree/master/tools/server
#pragma once

#include "server/api/api.h"

namespace pincer {

// Their "model" may be left out: the first one that is listed.
asio::awaitable<void> tokenize(const Api& api, Exchange& exchange);
asio::awaitable<void> detokenize(const Api& api, Exchange& exchange);
asio::awaitable<void> apply_template(const Api& api, Exchange& exchange);

}  // namespace pincer
