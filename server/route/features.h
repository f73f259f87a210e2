// Measures a request for the policy.
#pragma once

#include "pincer/server/chat_request.h"
#include "server/route/plan.h"

namespace pincer {

// All but what headers say (wanted_upstream, local_only, session) and what detectors find
// (private_classes). `choices` is how many answers are asked for; `now` is for the deadline.
RouteFeatures route_features(const ChatRequest& request, int choices,
                             std::chrono::steady_clock::time_point now);

}  // namespace pincer
