// What keeps a request from an upstream, whatever a policy prefers.
#pragma once

#include <optional>
#include <string>

#include "server/route/plan.h"

namespace pincer {

struct Obstacle {
  std::string rule, value;  // as of a RouteReason
  // It must not or cannot answer. Otherwise it is expected to fail, and tried when all others are
  // no better: lengths and times are estimates.
  bool absolute = false;
};

std::optional<Obstacle> obstacle(const UpstreamConfig& upstream, const RouteFeatures& features,
                                 const RouteState& state);

}  // namespace pincer
