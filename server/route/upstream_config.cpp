// An upstream of the YAML file.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "server/route/router_sections.h"
#include "server/route/yaml_fields.h"

namespace pincer {
namespace {

constexpr double kMostUsd = 1e9;

YamlSetter price(UpstreamPrice& p, bool& cached_given) {
  return [&p, &cached_given](const YAML::Node& node) {
    read_yaml_map(node, "a price",
                  {{"input", yaml_number(p.input, 0, kMostUsd)},
                   {"cached_input",
                    [&](const YAML::Node& n) {
                      cached_given = true;
                      yaml_number(p.cached_input, 0, kMostUsd)(n);
                    }},
                   {"output", yaml_number(p.output, 0, kMostUsd)}});
  };
}

YamlSetter timeouts(UpstreamTimeouts& t) {
  return [&t](const YAML::Node& node) {
    read_yaml_map(node, "timeouts",
                  {{"connect", yaml_duration(t.connect)},
                   {"first_token", yaml_duration(t.first_token)},
                   {"inter_token", yaml_duration(t.inter_token)},
                   {"total", yaml_duration(t.total)}});
  };
}

YamlSetter breaker(BreakerOptions& b) {
  return [&b](const YAML::Node& node) {
    read_yaml_map(node, "outlier_detection",
                  {{"consecutive_errors", yaml_int(b.consecutive_errors, 1, 1 << 20)},
                   {"error_rate", yaml_share(b.error_rate, 1)},
                   {"min_requests", yaml_int(b.min_requests, 1, 1 << 20)},
                   {"window", yaml_duration(b.window)},
                   {"base_ejection_time", yaml_duration(b.base_ejection)},
                   {"max_ejection_time", yaml_duration(b.max_ejection)},
                   {"billing_ejection_time", yaml_duration(b.billing_ejection)},
                   {"jitter", yaml_share(b.jitter, 1)}});
    if (b.max_ejection < b.base_ejection)
      refuse_yaml(node, "max_ejection_time is shorter than base_ejection_time");
  };
}

YamlSetter retry(RetryOptions& r) {
  return [&r](const YAML::Node& node) {
    read_yaml_map(node, "retry",
                  {{"max_attempts", yaml_int(r.max_attempts, 1, 100)},
                   {"backoff",
                    [&r](const YAML::Node& n) {
                      read_yaml_map(n, "a backoff",
                                    {{"base", yaml_duration(r.backoff_base)},
                                     {"max", yaml_duration(r.backoff_max)}});
                    }},
                   {"respect_retry_after", yaml_flag(r.respect_retry_after)}});
  };
}

YamlSetter supports(UpstreamAbilities& a) {
  return [&a](const YAML::Node& node) {
    read_yaml_map(node, "supports",
                  {{"tools", yaml_flag(a.tools)},
                   {"schema", yaml_flag(a.schema)},
                   {"logprobs", yaml_flag(a.logprobs)},
                   {"choices", yaml_flag(a.choices)}});
  };
}

YamlSetter name_map(std::map<std::string, std::string>& names) {
  return [&names](const YAML::Node& node) {
    if (!node.IsMap()) refuse_yaml(node, "models are written as `name here: name there` pairs");
    for (const auto& entry : node) {
      if (!entry.first.IsScalar() || !entry.second.IsScalar() || entry.second.Scalar().empty())
        refuse_yaml(entry.first, "models are written as `name here: name there` pairs");
      names[entry.first.Scalar()] = entry.second.Scalar();
    }
  };
}

// Rules speak of upstreams by name, and responses' headers carry it.
bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         std::isalpha(static_cast<unsigned char>(name[0])) != 0 &&
         std::ranges::all_of(name, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' ||
                  c == '.' || c == '@';
         });
}

void check(const YAML::Node& node, const UpstreamConfig& u) {
  if (!good_name(u.name)) {
    refuse_yaml(node, fmt::format("'{}' cannot be the name of an upstream: a letter, then letters, "
                                  "digits, '-', '_', '.', '@', 64 at most",
                                  u.name));
  }
  if (u.name == "cache" || u.name == "none") {
    refuse_yaml(node, fmt::format("'{}' cannot be the name of an upstream: routes mean something "
                                  "else by it",
                                  u.name));
  }
  const bool url = u.base_url.starts_with("http://") || u.base_url.starts_with("https://") ||
                   u.base_url.starts_with("unix:/");
  if (u.remote() && !url) {
    refuse_yaml(node,
                fmt::format("upstream '{}' needs a base_url that begins with https://, http:// "
                            "or unix:/, not '{}'",
                            u.name, u.base_url));
  }
  if (!u.remote() && !u.base_url.empty())
    refuse_yaml(node, fmt::format("upstream '{}' runs here and has no base_url; kind: openai or "
                                  "anthropic is for servers elsewhere",
                                  u.name));
  if (!u.api_key_env.empty() && !u.api_key_file.empty())
    refuse_yaml(node, fmt::format("upstream '{}' has both api_key_env and api_key_file", u.name));
}

}  // namespace

UpstreamConfig read_upstream_section(const YAML::Node& node) {
  using Kind = UpstreamConfig::Kind;
  using Prefill = UpstreamConfig::Prefill;
  UpstreamConfig u;
  bool cached_given = false;
  const YAML::Node kind = node.IsMap() ? node["kind"] : YAML::Node(YAML::NodeType::Undefined);
  const std::string said = kind && kind.IsScalar() ? kind.Scalar() : "";
  if (said == "anthropic") u.supports.logprobs = u.supports.choices = false;
  if (said == "worker") {
    // It is started again at once, and nobody pays for trying it.
    u.breaker.base_ejection = Milliseconds(250);
    u.breaker.max_ejection = Milliseconds(2'000);
  }
  const YamlSetter concurrency = yaml_int(u.max_concurrency, 0, 1 << 20);
  read_yaml_map(node, "an upstream",
                {{"name", yaml_text(u.name)},
                 {"kind", yaml_choice<Kind>(u.kind, {{"engine", Kind::engine},
                                                     {"worker", Kind::worker},
                                                     {"openai", Kind::openai},
                                                     {"anthropic", Kind::anthropic}})},
                 {"base_url", yaml_text(u.base_url)},
                 {"api_key_env", yaml_text(u.api_key_env)},
                 {"api_key_file", yaml_text(u.api_key_file)},
                 {"models", name_map(u.models)},
                 {"supports", supports(u.supports)},
                 {"price_per_mtok", price(u.price, cached_given)},
                 {"timeouts", timeouts(u.timeouts)},
                 {"outlier_detection", breaker(u.breaker)},
                 {"retry", retry(u.retry)},
                 {"context", yaml_int(u.context, 0, 1 << 28)},
                 {"max_concurrency", concurrency},
                 {"admission",
                  [&concurrency](const YAML::Node& n) {
                    read_yaml_map(n, "admission", {{"max_concurrency", concurrency}});
                  }},
                 {"prefill", yaml_choice<Prefill>(u.prefill, {{"none", Prefill::none},
                                                              {"plain", Prefill::plain},
                                                              {"prefix", Prefill::prefix},
                                                              {"continued", Prefill::continued}})},
                 {"proxy", yaml_text(u.proxy)},
                 {"ca_file", yaml_text(u.ca_file)}});
  if (!cached_given) u.price.cached_input = u.price.input;
  check(node, u);
  return u;
}

void require_upstream(const YAML::Node& node, const RouterConfig& config) {
  std::string names;
  for (const UpstreamConfig& u : config.upstreams) {
    if (node.IsScalar() && node.Scalar() == u.name) return;
    names += (names.empty() ? "" : ", ") + u.name;
  }
  refuse_yaml(node, fmt::format("there is no upstream '{}'; there {}",
                                node.IsScalar() ? node.Scalar() : "…",
                                names.empty() ? "is none" : "are: " + names));
}

}  // namespace pincer
