// A canary's answer to a request that its baseline has answered: nobody sees it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/generation.h"
#include "pincer/server/chat_request.h"
#include "server/route/hybrid_router.h"

namespace pincer {

// What a client got, as far as it is compared.
struct ShadowedAnswer {
  std::string text;
  std::vector<GeneratedToken> tokens;  // with their likeliest rivals; none: they are not known
};

// Asks the canary of the route in the background, and notes how far its answer is `answer`: by the
// models' probabilities where both are engines of this process, else by the texts, if neither was
// drawn by lot (temperature 0). With two of them on their way already, or none of the client's
// budget left, none is cast. What it costs counts as the client's.
void start_shadow(const std::shared_ptr<HybridRouter>& router, const RouteConfig& route,
                  ChatRequest request, ShadowedAnswer answer);

}  // namespace pincer
