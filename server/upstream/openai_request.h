// The body that asks an OpenAI-compatible upstream: POST /chat/completions, streamed, with usage.
#pragma once

#include <string>

#include "pincer/server/chat_request.h"
#include "server/route/route_config.h"

namespace pincer {

// What an upstream of that API has no words for is left out: top_k and the like go only to those
// that continue messages (vLLM, Pincer), biases of tokens to none, since ids differ.
std::string openai_request(const ChatRequest& request, const UpstreamConfig& config,
                           const std::string& model);

}  // namespace pincer
