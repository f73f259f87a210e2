#include "server/cli/plan_report.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace pincer {
namespace json = boost::json;

std::string plan_text(const RoutePlan& plan) {
  std::string text = "plan     ";
  for (const std::string& upstream : plan.upstreams)
    text += fmt::format("{}{}", upstream == plan.upstreams.front() ? "" : ", then ", upstream);
  if (plan.upstreams.empty()) text += "none";
  text += fmt::format("\ncause    {}\n", plan.cause.empty() ? "-" : plan.cause);
  if (plan.cascade) {
    text += fmt::format("cascade  {} begins; its first tokens decide whether {} answers\n",
                        plan.upstreams[0], plan.upstreams[1]);
  }
  if (plan.fail_closed) text += "closed   no other upstream may answer\n";
  if (plan.score) text += fmt::format("score    {:.3f} (0 easy, 1 hard)\n", *plan.score);
  text += "reasons\n";
  for (const RouteReason& r : plan.reasons)
    text += fmt::format("  {:<10} {:<40} {}\n", r.rule, r.value, r.effect);
  return text;
}

std::string plan_json(const RoutePlan& plan) {
  json::array upstreams, reasons;
  for (const std::string& upstream : plan.upstreams) upstreams.emplace_back(upstream);
  for (const RouteReason& r : plan.reasons)
    reasons.push_back({{"rule", r.rule}, {"value", r.value}, {"effect", r.effect}});
  return json::serialize(
      json::object{{"schema", 1},
                   {"plan", std::move(upstreams)},
                   {"cause", plan.cause},
                   {"cascade", plan.cascade},
                   {"fail_closed", plan.fail_closed},
                   {"reasons", std::move(reasons)},
                   {"score", plan.score ? json::value(*plan.score) : json::value(nullptr)}});
}

}  // namespace pincer
