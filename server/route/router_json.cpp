#include "server/route/router_json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>

namespace pincer {
namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;

const char* kind_name(UpstreamConfig::Kind kind) {
  using Kind = UpstreamConfig::Kind;
  switch (kind) {
    case Kind::engine:
      return "engine";
    case Kind::worker:
      return "worker";
    case Kind::openai:
      return "openai";
    case Kind::anthropic:
      return "anthropic";
  }
  return "unknown";
}

json::array breakers_json(Member& member) {
  const auto now = Clock::now();
  json::array out;
  for (const auto& [model, status] : member.breakers(now)) {
    json::object entry{{"model", model}, {"state", name(status.state)}};
    if (status.reason) entry["reason"] = name(*status.reason);
    if (status.state == Breaker::State::open)
      entry["opens_in_s"] = std::chrono::duration<double>(status.until - now).count();
    entry["ejections"] = status.ejections;
    out.push_back(std::move(entry));
  }
  return out;
}

json::array upstreams_json(HybridRouter& router) {
  json::array out;
  for (const UpstreamConfig& config : router.config().upstreams) {
    Member& member = router.member(config.name);
    out.push_back({{"name", config.name},
                   {"kind", kind_name(config.kind)},
                   {"in_flight", member.in_flight()},
                   {"first_token_s", member.first_token(std::chrono::steady_clock::now())},
                   {"breakers", breakers_json(member)}});
  }
  return out;
}

json::array spend_json(const Spend& spend) {
  json::array out;
  for (const SpendRow& row : spend.report()) {
    const std::chrono::year_month_day day(row.day);
    out.push_back(
        {{"day", fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                             static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()))},
         {"key", row.key},
         {"requests", row.requests},
         {"prompt_tokens", row.prompt_tokens},
         {"completion_tokens", row.completion_tokens},
         {"usd", row.usd}});
  }
  return out;
}

}  // namespace

std::string router_json(HybridRouter& router) {
  json::array routes;
  for (const RouteConfig& route : router.config().routes)
    routes.push_back({{"model", route.model}, {"local", route.local}, {"cloud", route.cloud}});
  return json::serialize(json::object{{"schema", 1},
                                      {"routes", std::move(routes)},
                                      {"upstreams", upstreams_json(router)},
                                      {"spend", spend_json(router.spend())}});
}

}  // namespace pincer
