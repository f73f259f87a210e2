#include "server/api/admin_canary.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <utility>

#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/openai_error.h"
#include "server/canary/canary_json.h"
#include "server/route/hybrid_router.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::string_view kCanaryPath = "/admin/canary/";

json::array all_canaries(HybridRouter& router) {
  json::array out;
  for (const RouteConfig& route : router.config().routes) {
    if (const Canary* canary = router.canary(route))
      out.push_back(canary_json(route.model, canary->status()));
  }
  return out;
}

Problem no_canary(std::string_view route) {
  return {.status = 404,
          .message = fmt::format("The route '{}' has no canary; GET /admin/canary lists those that "
                                 "there are.",
                                 route),
          .code = "no_canary"};
}

// Does what the body says, or says what is wrong with it.
std::optional<Problem> change(Canary& canary, const json::object& body) {
  std::optional<Problem> problem;
  JsonFields fields(body, "", problem);
  fields.allow(std::array<std::string_view, 2>{"weight", "action"});
  float weight = 0;
  std::string action;
  const bool has_weight = fields.number("weight", weight, 0, 100);
  const bool has_action = fields.text("action", action);
  if (problem) return problem;
  if (has_weight == has_action) {
    fields.wrong_value(has_action ? "action" : "weight",
                       "a change is either a weight in percent, or one of the actions rollback, "
                       "resume and promote");
    return problem;
  }
  if (has_weight) {
    canary.set_weight(weight);
  } else if (action == "rollback") {
    canary.roll_back("by hand");
  } else if (action == "resume") {
    canary.resume();
  } else if (action == "promote") {
    canary.promote();
  } else {
    fields.wrong_value("action",
                       fmt::format("'{}' is none of rollback, resume and promote", action));
  }
  return problem;
}

}  // namespace

asio::awaitable<void> admin_canaries(const Api& api, Exchange& exchange) {
  const std::shared_ptr<HybridRouter> router = api.router.get();
  const std::size_t routes = router ? router->config().routes.size() : 0;
  json::object body{{"schema", 1}, {"routes", routes}, {"canaries", json::array()}};
  if (router) body["canaries"] = all_canaries(*router);
  Response response;
  response.body = json::serialize(body);
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> admin_change_canary(const Api& api, Exchange& exchange) {
  const std::string name = exchange.request().path.substr(kCanaryPath.size());
  const std::shared_ptr<HybridRouter> router = api.router.get();
  const RouteConfig* route = router ? router->find(name) : nullptr;
  Canary* canary = route != nullptr ? router->canary(*route) : nullptr;
  std::optional<Problem> problem;
  if (canary == nullptr) {
    problem = no_canary(name);
  } else {
    auto body = parse_json_body(exchange.take_body(), exchange.limits().json_depth);
    if (auto* wrong = std::get_if<Problem>(&body)) {
      problem = std::move(*wrong);
    } else {
      problem = change(*canary, std::get<json::object>(body));
    }
  }
  Response response;
  if (problem) {
    response = openai_error_response(*problem);
  } else {
    response.body = json::serialize(canary_json(name, canary->status()));
  }
  co_await exchange.send(std::move(response));
}

}  // namespace pincer
