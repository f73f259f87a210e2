#include "server/canary/canary_json.h"

namespace pincer {
namespace json = boost::json;

json::object canary_json(const std::string& route, const CanaryStatus& status) {
  json::array guards;
  for (const GuardStatus& guard : status.guards) {
    guards.push_back({{"guard", guard.guard},
                      {"baseline", guard.baseline},
                      {"canary", guard.canary},
                      {"excess", guard.excess},
                      {"limit", guard.limit},
                      {"confidence", guard.confidence},
                      {"breached", guard.breached}});
  }
  return {{"route", route},
          {"target", status.target},
          {"baseline", status.baseline},
          {"stage", name(status.stage)},
          {"weight", status.weight},
          {"reason", status.reason},
          {"since", status.since},
          {"requests", {{"canary", status.requests}, {"baseline", status.baseline_requests}}},
          {"shadows", status.shadows},
          {"proven", status.proven},
          {"guards", std::move(guards)}};
}

}  // namespace pincer
