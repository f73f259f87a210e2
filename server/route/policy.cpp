// plan_route(): which upstreams may answer, which one shall, and what comes after it.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "server/canary/assignment.h"
#include "server/route/obstacles.h"
#include "server/route/plan.h"
#include "server/route/prompt_score.h"
#include "server/route/rule_names.h"

namespace pincer {
namespace {

// Another number in [0, 1) for each that is given, so that two shares of requests do not fall on
// the same ones. The mixing is SplitMix64's.
double other_draw(double draw) {
  auto x = std::bit_cast<std::uint64_t>(draw) + 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

class Planner {
 public:
  Planner(const RouterConfig& config, const RouteConfig& route, const RouteFeatures& features,
          const RouteState& state)
      : config_(config), route_(route), features_(features), state_(state) {}

  RoutePlan plan() {
    if (features_.local_only) plan_.fail_closed = true;
    find_candidates();
    choose();
    order();
    return std::move(plan_);
  }

 private:
  struct Candidate {
    const std::string* name;
    std::optional<Obstacle> obstacle;
    bool available = true;
  };

  void reason(std::string rule, std::string value, std::string effect) {
    plan_.reasons.push_back({std::move(rule), std::move(value), std::move(effect)});
  }

  void add_candidate(const std::string& name);
  void find_candidates();
  const Candidate* find(const std::string& name) const;
  bool may_answer(const std::string& name) const;

  void choose();
  bool choose_wanted();
  bool choose_by_rule();
  void choose_by_policy();
  void choose_by_score();
  void choose_by_weight();
  void spill();
  void choose_canary();
  void draw_lot();
  void choose(const std::string& upstream, std::string cause) {
    chosen_ = upstream;
    plan_.cause = std::move(cause);
  }

  void order();
  void put(const std::string& name);
  void move_back(bool (*fits)(const Candidate&), std::string_view why);
  void decide_cascade();

  double score() {
    if (!plan_.score) plan_.score = prompt_score(features_.text);
    return *plan_.score;
  }
  const std::string& here() const { return route_.local.empty() ? route_.cloud : route_.local; }

  const RouterConfig& config_;
  const RouteConfig& route_;
  const RouteFeatures& features_;
  const RouteState& state_;
  RoutePlan plan_;
  std::vector<Candidate> candidates_;
  std::string chosen_;
  bool by_policy_ = false;  // not by a rule, the client or the load
  bool stands_in_ = false;  // the canary, for its baseline
};

void Planner::add_candidate(const std::string& name) {
  const auto upstream = std::ranges::find(config_.upstreams, name, &UpstreamConfig::name);
  if (upstream == config_.upstreams.end() || find(name) != nullptr) return;
  Candidate candidate{.name = &upstream->name, .obstacle = obstacle(*upstream, features_, state_)};
  if (const auto now = state_.upstreams.find(name); now != state_.upstreams.end())
    candidate.available = now->second.available;
  if (const auto& found = candidate.obstacle) reason(found->rule, found->value, "not " + name);
  candidates_.push_back(std::move(candidate));
}

void Planner::find_candidates() {
  candidates_.reserve(config_.upstreams.size());
  add_candidate(route_.local);
  add_candidate(route_.cloud);
  for (const RouteRule& rule : route_.policy.rules) add_candidate(rule.use);
  for (const auto& [name, weight] : route_.policy.weights) add_candidate(name);
  for (const std::string& name : route_.fallbacks) add_candidate(name);
  add_candidate(route_.canary.target);
}

const Planner::Candidate* Planner::find(const std::string& name) const {
  const auto found =
      std::ranges::find_if(candidates_, [&name](const Candidate& c) { return *c.name == name; });
  return found == candidates_.end() ? nullptr : &*found;
}

bool Planner::may_answer(const std::string& name) const {
  const Candidate* candidate = find(name);
  return candidate != nullptr && !(candidate->obstacle && candidate->obstacle->absolute);
}

void Planner::choose() {
  if (choose_wanted()) return;
  if (!choose_by_rule()) {
    choose_by_policy();
    by_policy_ = true;
    spill();
  }
  choose_canary();
}

bool Planner::choose_wanted() {
  const std::string& wanted = features_.wanted_upstream;
  if (wanted.empty()) return false;
  if (may_answer(wanted)) {
    reason("header", wanted, wanted);
    choose(wanted, "header");
    return true;
  }
  // The reason of one that is there, but may not, has been given.
  if (find(wanted) == nullptr) reason("header", wanted, "no such upstream in this route");
  return false;
}

bool Planner::choose_by_rule() {
  const RuleValues values(config_, features_, state_, [this] { return score(); });
  std::size_t number = 0;
  for (const RouteRule& rule : route_.policy.rules) {
    ++number;
    if (!rule.condition.holds(values)) continue;
    const bool may = may_answer(rule.use);
    const std::string name = fmt::format("rule {}", number);
    reason(name, rule.when, may ? rule.use : rule.use + " may not answer");
    if (!may && !rule.fail_closed) continue;
    plan_.fail_closed = plan_.fail_closed || rule.fail_closed;
    if (rule.fail_closed)
      std::erase_if(candidates_, [&](const Candidate& c) { return *c.name != rule.use; });
    choose(rule.use, name);
    return true;
  }
  return false;
}

void Planner::choose_by_policy() {
  const RoutePolicy& policy = route_.policy;
  switch (policy.kind) {
    case PolicyKind::fixed:
      reason("fixed", "", here());
      choose(here(), "fixed");
      break;
    case PolicyKind::length: {
      const bool local = features_.characters < policy.length_below;
      choose(local ? route_.local : route_.cloud, "length");
      reason("length",
             fmt::format("{} {} {}", features_.characters, local ? "<" : ">=", policy.length_below),
             chosen_);
      break;
    }
    case PolicyKind::classifier:
    case PolicyKind::cascade:
      choose_by_score();
      break;
    case PolicyKind::weighted:
      choose_by_weight();
      break;
  }
}

void Planner::choose_by_score() {
  const RoutePolicy& policy = route_.policy;
  const double threshold = policy.threshold < 0 ? 1 - policy.target_cloud_share : policy.threshold;
  const bool hard = score() >= threshold;
  choose(hard ? route_.cloud : route_.local, "score");
  reason("score", fmt::format("{:.3f} {} {:.3f}", score(), hard ? ">=" : "<", threshold), chosen_);
}

void Planner::choose_by_weight() {
  double sum = 0;
  for (const auto& [name, weight] : route_.policy.weights) sum += may_answer(name) ? weight : 0;
  double left = state_.draw * sum;
  for (const auto& [name, weight] : route_.policy.weights) {
    if (!may_answer(name) || weight <= 0) continue;
    choose(name, "weighted");
    left -= weight;
    if (left < 0) break;
  }
  reason("weighted", fmt::format("draw {:.3f}", state_.draw), chosen_);
}

void Planner::spill() {
  if (!route_.load.enabled || chosen_ != route_.local || state_.spill_share <= 0) return;
  if (route_.cloud.empty() || !may_answer(route_.cloud)) return;
  const double draw = other_draw(state_.draw);
  const bool away = draw < state_.spill_share;
  reason("load", fmt::format("{:.3f} {} {:.3f}", draw, away ? "<" : ">=", state_.spill_share),
         away ? route_.cloud : route_.local);
  if (!away) return;
  choose(route_.cloud, "load");
  by_policy_ = false;
}

void Planner::choose_canary() {
  const CanaryConfig& canary = route_.canary;
  if (canary.target.empty() || chosen_ != canary.baseline) return;
  const Candidate* target = find(canary.target);
  const bool able = target != nullptr && !target->obstacle && target->available;
  if (!able || features_.canary == "never") return;
  if (features_.canary == "always") {
    reason("canary", "header", canary.target);
    stands_in_ = true;
  } else {
    draw_lot();
  }
  if (stands_in_) choose(canary.target, "canary");
}

void Planner::draw_lot() {
  const CanaryConfig& canary = route_.canary;
  const double weight = state_.canary_weight;
  const bool by_session = canary.sticky && !features_.session.empty();
  const double place = by_session ? canary_place(canary.target, features_.session)
                                  : other_draw(other_draw(state_.draw));
  stands_in_ = place < weight;
  reason("canary", fmt::format("{:.3f} {} {:.3f}", place, stands_in_ ? "<" : ">=", weight),
         stands_in_ ? canary.target : canary.baseline);
  if (weight <= 0 || weight >= 1) return;
  plan_.lot = CanaryLot{.canary = stands_in_, .weight = weight};
  if (by_session) plan_.lot->session = session_hash(features_.session);
}

void Planner::put(const std::string& name) {
  const bool known = name == "cache" || may_answer(name);
  if (known && std::ranges::find(plan_.upstreams, name) == plan_.upstreams.end())
    plan_.upstreams.push_back(name);
}

// Behind those that are better off, in the same order.
void Planner::move_back(bool (*fits)(const Candidate&), std::string_view why) {
  const auto good = [&](const std::string& name) {
    const Candidate* candidate = find(name);
    return candidate == nullptr || fits(*candidate);
  };
  auto& upstreams = plan_.upstreams;
  if (upstreams.empty()) return;
  const std::string first = upstreams.front();
  // "cache" stays behind all upstreams that were before it: it is no answer of a model.
  const auto cache = std::ranges::find(upstreams, "cache");
  std::stable_partition(upstreams.begin(), cache, good);
  if (upstreams.front() != first) plan_.cause = why;
}

void Planner::order() {
  if (!chosen_.empty()) put(chosen_);
  // Who meets a canary that fails gets what everybody else gets.
  if (stands_in_) put(route_.canary.baseline);
  if (!plan_.fail_closed || features_.local_only) {
    put(route_.local);
    put(route_.cloud);
    for (const std::string& name : route_.fallbacks) put(name);
  }
  const Candidate* chosen = find(chosen_);
  if (chosen != nullptr && !may_answer(chosen_)) plan_.cause = chosen->obstacle->rule;
  const std::string obstacle_rule =
      chosen != nullptr && chosen->obstacle ? chosen->obstacle->rule : std::string("obstacle");
  move_back([](const Candidate& c) { return !c.obstacle.has_value(); }, obstacle_rule);
  for (const std::string& name : plan_.upstreams) {
    const Candidate* candidate = find(name);
    if (candidate != nullptr && !candidate->available) reason("breaker", "open", name + " last");
  }
  move_back([](const Candidate& c) { return c.available; }, "breaker");
  if (plan_.upstreams.empty()) reason("plan", "nothing left", "no upstream may answer");
  if (plan_.lot && (plan_.upstreams.empty() || plan_.upstreams.front() != chosen_))
    plan_.lot.reset();
  decide_cascade();
}

void Planner::decide_cascade() {
  const bool begins_here =
      chosen_ == route_.local || (stands_in_ && route_.canary.baseline == route_.local);
  if (route_.policy.kind != PolicyKind::cascade || !by_policy_ || !begins_here) return;
  auto& upstreams = plan_.upstreams;
  const auto cloud = std::ranges::find(upstreams, route_.cloud);
  if (upstreams.empty() || upstreams.front() != chosen_ || cloud == upstreams.end()) return;
  const Candidate* candidate = find(route_.cloud);
  if (candidate == nullptr || !candidate->available || candidate->obstacle) return;
  std::rotate(upstreams.begin() + 1, cloud, cloud + 1);
  plan_.cascade = true;
  plan_.cause = "cascade";
  reason("cascade",
         fmt::format("{} tokens, margin < {:.2f}", route_.policy.probe_tokens,
                     route_.policy.escalate_below),
         route_.cloud);
}

}  // namespace

RoutePlan plan_route(const RouterConfig& config, const RouteConfig& route,
                     const RouteFeatures& features, const RouteState& state) {
  return Planner(config, route, features, state).plan();
}

}  // namespace pincer
