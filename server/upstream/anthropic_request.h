// The body that asks the Anthropic API: POST /messages, streamed.
#pragma once

#include <string>

#include "pincer/server/chat_request.h"
#include "server/route/route_config.h"

namespace pincer {

// That API demands max_tokens: 4096 where the client did not say. A format of the answer goes as
// output_config; grammars and regular expressions have no words there and are left out.
std::string anthropic_request(const ChatRequest& request, const UpstreamConfig& config,
                              const std::string& model);

}  // namespace pincer
