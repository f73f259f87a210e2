// What rules can speak of, and what it is for one request: docs/router.md has the list.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/route/expression.h"
#include "server/route/plan.h"

namespace pincer {

// Of the request, then of each upstream in order.
std::vector<ExpressionName> rule_names(const std::vector<UpstreamConfig>& upstreams);

class RuleValues final : public ExpressionValues {
 public:
  // Refers to all of them; `score` is called only by a rule that speaks of it.
  RuleValues(const RouterConfig& config, const RouteFeatures& features, const RouteState& state,
             std::function<double()> score);

  ExpressionValue get(std::size_t index) const override;

 private:
  ExpressionValue of_upstream(std::size_t index) const;

  const RouterConfig& config_;
  const RouteFeatures& features_;
  const RouteState& state_;
  std::function<double()> score_;
  std::string private_classes_;
};

// Tokens that an upstream takes; 0: not known.
int context_of(const UpstreamConfig& upstream, const RouteState& state);

}  // namespace pincer
