#include "server/route/obstacles.h"

#include <fmt/format.h>

#include "server/route/rule_names.h"

namespace pincer {
namespace {

using Found = std::optional<Obstacle>;

Found privacy(const UpstreamConfig& u, const RouteFeatures& f) {
  if (!f.local_only || !u.remote()) return std::nullopt;
  return Obstacle{.rule = "privacy", .value = "local_only", .absolute = true};
}

Found budget(const UpstreamConfig& u, const RouteState& s) {
  const bool costs = u.price.input > 0 || u.price.cached_input > 0 || u.price.output > 0;
  if (!costs || s.budget_remaining_usd != 0) return std::nullopt;
  return Obstacle{.rule = "budget", .value = "spent", .absolute = true};
}

Found ability(const UpstreamConfig& u, const RouteFeatures& f) {
  const bool cannot_continue = u.remote() && u.prefill == UpstreamConfig::Prefill::none;
  const char* lacks = f.tools && !u.supports.tools           ? "tools"
                      : f.schema && !u.supports.schema       ? "schema"
                      : f.logprobs && !u.supports.logprobs   ? "logprobs"
                      : f.choices > 1 && !u.supports.choices ? "choices"
                      : f.continues && cannot_continue       ? "prefill"
                                                             : nullptr;
  if (lacks == nullptr) return std::nullopt;
  return Obstacle{.rule = lacks, .value = "not supported", .absolute = true};
}

Found context(const UpstreamConfig& u, const RouteFeatures& f, const RouteState& s) {
  const int tokens = context_of(u, s);
  if (tokens <= 0 || f.prompt_tokens < tokens) return std::nullopt;
  return Obstacle{.rule = "context",
                  .value = fmt::format("{} >= {} tokens", f.prompt_tokens, tokens)};
}

Found deadline(const UpstreamConfig& u, const RouteFeatures& f, const RouteState& s) {
  const auto found = s.upstreams.find(u.name);
  if (f.deadline_s <= 0 || found == s.upstreams.end()) return std::nullopt;
  const double expected = found->second.expected_wait_s + found->second.first_token_s;
  if (expected <= f.deadline_s) return std::nullopt;
  return Obstacle{.rule = "deadline",
                  .value = fmt::format("{:.2f} s > {:.2f} s", expected, f.deadline_s)};
}

}  // namespace

Found obstacle(const UpstreamConfig& upstream, const RouteFeatures& features,
               const RouteState& state) {
  if (auto found = privacy(upstream, features)) return found;
  if (auto found = budget(upstream, state)) return found;
  if (auto found = ability(upstream, features)) return found;
  if (auto found = context(upstream, features, state)) return found;
  return deadline(upstream, features, state);
}

}  // namespace pincer
