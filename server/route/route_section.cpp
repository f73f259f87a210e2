// A route of the YAML file.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/route/router_sections.h"
#include "server/route/yaml_fields.h"

namespace pincer {
namespace {

constexpr std::string_view kNone = "none";  // of a side: there is none

YamlSetter side_name(std::string& field, const RouterConfig& config) {
  return [&field, &config](const YAML::Node& node) {
    if (!node.IsScalar() || node.Scalar() != kNone) require_upstream(node, config);
    field = node.Scalar();
  };
}

YamlSetter fallbacks(std::vector<std::string>& names, const RouterConfig& config) {
  return [&names, &config](const YAML::Node& list) {
    read_yaml_list(list, "fallbacks", [&](const YAML::Node& node) {
      if (!node.IsScalar() || node.Scalar() != "cache") require_upstream(node, config);
      names.push_back(node.Scalar());
    });
  };
}

YamlSetter stream_failure(StreamFailure& s) {
  return [&s](const YAML::Node& node) {
    const auto standby = [&s](const YAML::Node& n) {
      s.warm_standby = true;
      read_yaml_map(n, "warm_standby",
                    {{"enabled", yaml_flag(s.warm_standby)},
                     {"max_prefill_tokens", yaml_int(s.max_prefill_tokens, 0, 1 << 28)}});
    };
    read_yaml_map(node, "stream_failure",
                  {{"mode", yaml_choice<bool>(s.go_on, {{"continue", true}, {"terminate", false}})},
                   {"max_migrations", yaml_int(s.max_migrations, 0, 16)},
                   {"warm_standby", standby},
                   {"marker", yaml_flag(s.marker)}});
  };
}

// In percent: "5%" and 5 are the same here.
YamlSetter percent(double& field) {
  return [&field](const YAML::Node& node) {
    if (node.IsScalar() && node.Scalar().ends_with('%')) {
      yaml_share(field, 1)(node);
      field *= 100;
    } else {
      yaml_number(field, 0, 100)(node);
    }
  };
}

YamlSetter canary(CanaryConfig& c, const RouterConfig& config) {
  return [&c, &config](const YAML::Node& node) {
    const auto target = [&](const YAML::Node& n) {
      require_upstream(n, config);
      c.target = n.Scalar();
    };
    const auto guard = [&c](const YAML::Node& n) {
      double slower = c.max_first_token_ratio - 1;
      read_yaml_map(n, "a guard",
                    {{"error_rate", yaml_share(c.max_error_rate, 1)},
                     {"ttft_p95", yaml_share(slower, 1e3)},
                     {"agreement", yaml_share(c.min_agreement, 1)}});
      c.max_first_token_ratio = 1 + slower;
    };
    const auto baseline = [&](const YAML::Node& n) {
      require_upstream(n, config);
      c.baseline = n.Scalar();
    };
    read_yaml_map(node, "a canary",
                  {{"target", target},
                   {"baseline", baseline},
                   {"weight", percent(c.weight)},
                   {"shadow", percent(c.shadow)},
                   {"sticky", yaml_choice<bool>(c.sticky, {{"session", true}, {"none", false}})},
                   {"guard", guard},
                   {"min_requests", yaml_int(c.min_requests, 1, 1 << 28)}});
    if (c.target.empty()) refuse_yaml(node, "a canary has a `target`");
  };
}

YamlSetter privacy(PrivacyConfig& p) {
  return [&p](const YAML::Node& node) {
    p.enabled = true;
    read_yaml_map(node, "privacy",
                  {{"enabled", yaml_flag(p.enabled)},
                   {"detect", yaml_texts(p.detect)},
                   {"names_file", yaml_text(p.names_file)},
                   {"restore", yaml_flag(p.restore)},
                   {"audit_log", yaml_text(p.audit_log)}});
  };
}

// What the file does not say: the first upstream on this machine, the first one elsewhere.
void set_sides(RouteConfig& route, const RouterConfig& config) {
  for (const UpstreamConfig& u : config.upstreams) {
    std::string& side = u.remote() ? route.cloud : route.local;
    if (side.empty()) side = u.name;
  }
  for (std::string* side : {&route.local, &route.cloud}) {
    if (*side == kNone) side->clear();
  }
}

// A canary stands in for the side that it is on, unless the file says otherwise.
void set_baseline(const YAML::Node& node, RouteConfig& route, const RouterConfig& config) {
  CanaryConfig& canary = route.canary;
  if (canary.target.empty()) return;
  if (canary.baseline.empty()) {
    const auto target = std::ranges::find(config.upstreams, canary.target, &UpstreamConfig::name);
    const bool elsewhere = target->remote() ? !route.cloud.empty() : route.local.empty();
    canary.baseline = elsewhere ? route.cloud : route.local;
  }
  if (canary.baseline == canary.target) {
    refuse_yaml(node, fmt::format("the canary '{}' of route '{}' is its own baseline: name another "
                                  "upstream as its `baseline`, the one that it is to replace",
                                  canary.target, route.model));
  }
}

void check(const YAML::Node& node, const RouteConfig& route) {
  if (route.model.empty())
    refuse_yaml(node, "a route has a `model`, the name that clients ask for");
  if (route.local.empty() && route.cloud.empty())
    refuse_yaml(node, fmt::format("route '{}' has no upstream", route.model));
  constexpr std::array kBothSides = {PolicyKind::length, PolicyKind::classifier,
                                     PolicyKind::cascade};
  const bool both = std::ranges::find(kBothSides, route.policy.kind) != kBothSides.end();
  if (both && (route.local.empty() || route.cloud.empty())) {
    refuse_yaml(node, fmt::format("route '{}' has no {} upstream, and its policy chooses between "
                                  "local and cloud",
                                  route.model, route.local.empty() ? "local" : "cloud"));
  }
}

}  // namespace

RouteConfig read_route_section(const YAML::Node& node, const RouterConfig& config) {
  RouteConfig route;
  const auto match = [&route](const YAML::Node& n) {
    read_yaml_map(n, "a match", {{"model", yaml_text(route.model)}});
  };
  const auto policy = [&](const YAML::Node& n) {
    route.policy = read_policy_section(n, config, route.load);
  };
  read_yaml_map(node, "a route",
                {{"model", yaml_text(route.model)},
                 {"match", match},
                 {"local", side_name(route.local, config)},
                 {"cloud", side_name(route.cloud, config)},
                 {"policy", policy},
                 {"fallbacks", fallbacks(route.fallbacks, config)},
                 {"stream_failure", stream_failure(route.stream_failure)},
                 {"canary", canary(route.canary, config)},
                 {"privacy", privacy(route.privacy)}});
  set_sides(route, config);
  set_baseline(node, route, config);
  check(node, route);
  return route;
}

}  // namespace pincer
