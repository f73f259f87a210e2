// A canary's answer to a request that its baseline has answered: nobody sees it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pincer/server/chat_request.h"
#include "server/route/hybrid_router.h"

namespace pincer {

// Asks the canary of the route in the background, and notes how far its answer is `answer`, if
// neither was drawn by lot (temperature 0). With two of them on their way already, or none of the
// client's budget left, none is cast. What it costs counts as the client's.
void start_shadow(const std::shared_ptr<HybridRouter>& router, const RouteConfig& route,
                  ChatRequest request, std::string answer);

// The common beginning's share of the longer text, of its first 256 bytes.
double agreement(std::string_view a, std::string_view b);

}  // namespace pincer
