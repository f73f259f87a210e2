#include "server/route/router_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/route/router_sections.h"
#include "server/route/yaml_fields.h"

namespace pincer {
namespace {

SpendLimit read_budget_section(const YAML::Node& node) {
  SpendLimit limit;
  Milliseconds window = limit.window;
  read_yaml_map(node, "a budget",
                {{"limit_usd", yaml_number(limit.limit_usd, 0, 1e9)},
                 {"window", yaml_duration(window)},
                 {"scope", yaml_choice<bool>(limit.per_key, {{"key", true}, {"all", false}})}});
  limit.window = std::chrono::duration_cast<std::chrono::hours>(window);
  if (limit.window.count() < 1) refuse_yaml(node, "a budget's window is an hour or more");
  if (!node["limit_usd"]) refuse_yaml(node, "a budget has a `limit_usd`");
  return limit;
}

RetryBudgetOptions read_retry_budget(const YAML::Node& node) {
  RetryBudgetOptions options;
  read_yaml_map(node, "a retry_budget",
                {{"ratio", yaml_share(options.ratio, 10)},
                 {"min_per_second", yaml_number(options.min_per_second, 0, 1e6)},
                 {"ttl", yaml_duration(options.ttl)}});
  return options;
}

void read_upstreams(const YAML::Node& list, RouterConfig& config) {
  config.upstreams.clear();
  read_yaml_list(list, "upstreams", [&config](const YAML::Node& node) {
    UpstreamConfig read = read_upstream_section(node);
    if (std::ranges::find(config.upstreams, read.name, &UpstreamConfig::name) !=
        config.upstreams.end())
      refuse_yaml(node, fmt::format("two upstreams have the name '{}'", read.name));
    config.upstreams.push_back(std::move(read));
  });
}

void read_routes(const YAML::Node& list, RouterConfig& config) {
  config.routes.clear();
  read_yaml_list(list, "routes", [&config](const YAML::Node& node) {
    RouteConfig read = read_route_section(node, config);
    if (std::ranges::find(config.routes, read.model, &RouteConfig::model) != config.routes.end())
      refuse_yaml(node, fmt::format("two routes have the model '{}'", read.model));
    config.routes.push_back(std::move(read));
  });
}

}  // namespace

const std::vector<std::string>& router_config_keys() {
  static const std::vector<std::string> keys = {"upstreams", "routes", "retry_budget", "budgets",
                                                "storage"};
  return keys;
}

void read_router_config(const YAML::Node& root, RouterConfig& config) {
  // Upstreams first, wherever they stand: routes speak of them.
  if (const YAML::Node node = root["upstreams"]) read_upstreams(node, config);
  if (const YAML::Node node = root["routes"]) read_routes(node, config);
  if (const YAML::Node node = root["retry_budget"]) config.retry_budget = read_retry_budget(node);
  if (const YAML::Node node = root["budgets"]) {
    config.budgets.clear();
    read_yaml_list(node, "budgets", [&config](const YAML::Node& item) {
      config.budgets.push_back(read_budget_section(item));
    });
  }
  if (const YAML::Node node = root["storage"]) config.history = read_storage_section(node);
}

}  // namespace pincer
