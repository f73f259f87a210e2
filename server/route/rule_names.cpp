#include "server/route/rule_names.h"

#include <array>
#include <limits>
#include <utility>

namespace pincer {
namespace {

using Type = ExpressionName::Type;
using Getter = ExpressionValue (*)(const RouteFeatures&, const RouteState&);

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

struct RequestName {
  std::string_view name;
  Type type;
  Getter get;
};

// "score" and "private_classes" need more than a getter is given: RuleValues::get().
constexpr std::array<RequestName, 17> kRequestNames = {{
    {"score", Type::number, nullptr},
    {"private_classes", Type::text, nullptr},
    {"text", Type::text,
     [](auto& f, auto&) -> ExpressionValue { return std::string_view(f.text); }},
    {"characters", Type::number,
     [](auto& f, auto&) -> ExpressionValue { return f.characters * 1.0; }},
    {"prompt_tokens", Type::number,
     [](auto& f, auto&) -> ExpressionValue { return f.prompt_tokens * 1.0; }},
    {"max_tokens", Type::number,
     [](auto& f, auto&) -> ExpressionValue { return f.max_tokens < 0 ? 0.0 : f.max_tokens; }},
    {"messages", Type::number, [](auto& f, auto&) -> ExpressionValue { return f.messages * 1.0; }},
    {"choices", Type::number, [](auto& f, auto&) -> ExpressionValue { return f.choices * 1.0; }},
    {"tools", Type::boolean, [](auto& f, auto&) -> ExpressionValue { return f.tools; }},
    {"forced_tools", Type::boolean,
     [](auto& f, auto&) -> ExpressionValue { return f.forced_tools; }},
    {"schema", Type::boolean, [](auto& f, auto&) -> ExpressionValue { return f.schema; }},
    {"logprobs", Type::boolean, [](auto& f, auto&) -> ExpressionValue { return f.logprobs; }},
    {"deadline", Type::number,
     [](auto& f, auto&) -> ExpressionValue {
       return f.deadline_s > 0 ? f.deadline_s : kUnbounded;
     }},
    {"privacy", Type::text,
     [](auto& f, auto&) -> ExpressionValue {
       return std::string_view(f.local_only ? "local_only" : "open");
     }},
    {"session", Type::text,
     [](auto& f, auto&) -> ExpressionValue { return std::string_view(f.session); }},
    {"budget.remaining", Type::number,
     [](auto&, auto& s) -> ExpressionValue {
       return s.budget_remaining_usd < 0 ? kUnbounded : s.budget_remaining_usd;
     }},
    {"load.spill", Type::number, [](auto&, auto& s) -> ExpressionValue { return s.spill_share; }},
}};

constexpr std::array<std::pair<std::string_view, Type>, 5> kUpstreamNames = {
    {{"context", Type::number},
     {"available", Type::boolean},
     {"wait", Type::number},
     {"first_token", Type::number},
     {"in_flight", Type::number}}};

}  // namespace

std::vector<ExpressionName> rule_names(const std::vector<UpstreamConfig>& upstreams) {
  std::vector<ExpressionName> names;
  names.reserve(kRequestNames.size() + upstreams.size() * kUpstreamNames.size());
  for (const RequestName& n : kRequestNames) names.push_back({std::string(n.name), n.type});
  for (const UpstreamConfig& u : upstreams) {
    for (const auto& [name, type] : kUpstreamNames)
      names.push_back({u.name + "." + std::string(name), type});
  }
  return names;
}

int context_of(const UpstreamConfig& upstream, const RouteState& state) {
  const auto found = state.upstreams.find(upstream.name);
  const int known = found == state.upstreams.end() ? 0 : found->second.context;
  return known > 0 ? known : upstream.context;
}

RuleValues::RuleValues(const RouterConfig& config, const RouteFeatures& features,
                       const RouteState& state, std::function<double()> score)
    : config_(config), features_(features), state_(state), score_(std::move(score)) {
  for (const std::string& name : features.private_classes) private_classes_ += name + " ";
}

ExpressionValue RuleValues::get(std::size_t index) const {
  if (index >= kRequestNames.size()) return of_upstream(index - kRequestNames.size());
  if (index == 0) return score_();
  if (index == 1) return std::string_view(private_classes_);
  return kRequestNames[index].get(features_, state_);
}

ExpressionValue RuleValues::of_upstream(std::size_t index) const {
  const UpstreamConfig& upstream = config_.upstreams[index / kUpstreamNames.size()];
  const auto found = state_.upstreams.find(upstream.name);
  const UpstreamState now = found == state_.upstreams.end() ? UpstreamState() : found->second;
  switch (index % kUpstreamNames.size()) {
    case 0: {
      const int context = context_of(upstream, state_);
      return context > 0 ? context * 1.0 : kUnbounded;
    }
    case 1:
      return now.available;
    case 2:
      return now.expected_wait_s;
    case 3:
      return now.first_token_s;
    default:
      return now.in_flight * 1.0;
  }
}

}  // namespace pincer
