// The policy of a route of the YAML file.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "server/route/prompt_score.h"
#include "server/route/router_sections.h"
#include "server/route/rule_names.h"
#include "server/route/yaml_fields.h"

namespace pincer {
namespace {

// What the policy is, if its `kind` does not say it: the strongest of those that are described.
struct Described {
  std::optional<PolicyKind> kind;
  bool length = false, classifier = false, cascade = false, weights = false;

  PolicyKind chosen() const {
    if (kind) return *kind;
    if (cascade) return PolicyKind::cascade;
    if (classifier) return PolicyKind::classifier;
    if (weights) return PolicyKind::weighted;
    return length ? PolicyKind::length : PolicyKind::fixed;
  }
};

YamlSetter policy_kind(std::optional<PolicyKind>& kind) {
  return [&kind](const YAML::Node& node) {
    PolicyKind read = PolicyKind::fixed;
    yaml_choice<PolicyKind>(read, {{"fixed", PolicyKind::fixed},
                                   {"length", PolicyKind::length},
                                   {"classifier", PolicyKind::classifier},
                                   {"cascade", PolicyKind::cascade},
                                   {"weighted", PolicyKind::weighted}})(node);
    kind = read;
  };
}

YamlSetter rules(RoutePolicy& policy, const RouterConfig& config) {
  return [&policy, &config](const YAML::Node& list) {
    read_yaml_list(list, "rules", [&](const YAML::Node& node) {
      RouteRule rule;
      const auto use = [&](const YAML::Node& n) {
        require_upstream(n, config);
        rule.use = n.Scalar();
      };
      read_yaml_map(
          node, "a rule",
          {{"if", yaml_text(rule.when)},
           {"use", use},
           {"fail", yaml_choice<bool>(rule.fail_closed, {{"closed", true}, {"open", false}})}});
      if (rule.when.empty() || rule.use.empty())
        refuse_yaml(node, "a rule has an `if` and a `use`");
      auto condition = parse_expression(rule.when, rule_names(config.upstreams));
      if (!condition) {
        refuse_yaml(node["if"], fmt::format("rule {}, `{}`: {}", policy.rules.size() + 1, rule.when,
                                            condition.error().message));
      }
      rule.condition = std::move(condition).value();
      policy.rules.push_back(std::move(rule));
    });
  };
}

YamlSetter threshold(RoutePolicy& policy) {
  return [&policy](const YAML::Node& node) {
    if (node.IsScalar() && node.Scalar() == "auto") {
      policy.threshold = -1;
    } else {
      yaml_number(policy.threshold, 0, 1)(node);
    }
  };
}

YamlSetter classifier(RoutePolicy& policy, bool& described) {
  return [&policy, &described](const YAML::Node& node) {
    described = true;
    const auto quality = [&policy](const YAML::Node& n) {
      double wanted = 0;
      yaml_share(wanted, 1)(n);
      policy.target_cloud_share = cloud_share_for_quality(wanted);
    };
    read_yaml_map(node, "a classifier",
                  {{"threshold", threshold(policy)},
                   {"target_cloud_share", yaml_share(policy.target_cloud_share, 1)},
                   {"target_quality", quality}});
    if (node["target_quality"] && (node["target_cloud_share"] || policy.threshold >= 0)) {
      refuse_yaml(node["target_quality"],
                  "target_quality sets the threshold: leave out target_cloud_share, and threshold "
                  "unless it is auto");
    }
  };
}

YamlSetter cascade(RoutePolicy& policy, bool& described) {
  return [&policy, &described](const YAML::Node& node) {
    described = true;
    read_yaml_map(node, "a cascade",
                  {{"enabled", yaml_flag(described)},
                   {"probe_tokens", yaml_int(policy.probe_tokens, 1, 4096)},
                   {"escalate_below", yaml_number(policy.escalate_below, 0, 1)}});
  };
}

YamlSetter weights(RoutePolicy& policy, const RouterConfig& config, bool& described) {
  return [&](const YAML::Node& node) {
    described = true;
    if (!node.IsMap()) refuse_yaml(node, "weights are written as `upstream: number` pairs");
    double sum = 0;
    for (const auto& entry : node) {
      require_upstream(entry.first, config);
      double& weight = policy.weights[entry.first.Scalar()];
      yaml_number(weight, 0, 1e6)(entry.second);
      sum += weight;
    }
    if (!(sum > 0)) refuse_yaml(node, "the weights add up to nothing");
  };
}

YamlSetter load_control(LoadControl& load) {
  return [&load](const YAML::Node& node) {
    load.enabled = true;
    read_yaml_map(node, "load",
                  {{"enabled", yaml_flag(load.enabled)},
                   {"target_ttft", yaml_duration(load.target_first_token)},
                   {"hysteresis", yaml_share(load.hysteresis, 1)}});
    if (load.target_first_token.count() <= 0) refuse_yaml(node, "target_ttft is more than 0");
  };
}

}  // namespace

RoutePolicy read_policy_section(const YAML::Node& node, const RouterConfig& config,
                                LoadControl& load) {
  RoutePolicy policy;
  Described described;
  if (node.IsScalar()) {  // `policy: length` is short for `policy: {kind: length}`
    policy_kind(described.kind)(node);
  } else {
    read_yaml_map(node, "a policy",
                  {{"kind", policy_kind(described.kind)},
                   {"rules", rules(policy, config)},
                   {"length",
                    [&](const YAML::Node& n) {
                      described.length = true;
                      read_yaml_map(n, "length",
                                    {{"below", yaml_int(policy.length_below, 0, 1 << 28)}});
                    }},
                   {"classifier", classifier(policy, described.classifier)},
                   {"cascade", cascade(policy, described.cascade)},
                   {"weights", weights(policy, config, described.weights)},
                   {"load", load_control(load)}});
  }
  policy.kind = described.chosen();
  // A cascade asks the local model, unless a classifier is described as well.
  if (policy.kind == PolicyKind::cascade && !described.classifier) policy.threshold = 1;
  if (policy.kind == PolicyKind::weighted && policy.weights.empty())
    refuse_yaml(node, "a weighted policy has `weights`");
  return policy;
}

}  // namespace pincer
