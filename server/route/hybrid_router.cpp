#include "server/route/hybrid_router.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace pincer {

namespace {

using Clock = std::chrono::steady_clock;

// A client is its key's name, a line break, and what it calls its user (set_terms()).
std::string key_of(const std::string& client) { return client.substr(0, client.find('\n')); }

Spend::Time now_in_seconds() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

HybridRouter::HybridRouter(RouterConfig config, std::shared_ptr<Models> models,
                           asio::thread_pool& workers, std::shared_ptr<Record> record)
    : config_(std::move(config)),
      models_(std::move(models)),
      workers_(workers),
      retry_budget_(config_.retry_budget),
      record_(std::move(record)),
      random_(std::random_device()()) {}

Result<std::shared_ptr<HybridRouter>> HybridRouter::make(RouterConfig config,
                                                         std::shared_ptr<Models> models,
                                                         asio::thread_pool& workers,
                                                         const MakeUpstream& make_upstream,
                                                         HybridRouter* before) {
  std::shared_ptr<Record> record = before != nullptr ? before->record_ : std::make_shared<Record>();
  std::shared_ptr<HybridRouter> router(
      new HybridRouter(std::move(config), std::move(models), workers, std::move(record)));
  if (auto opened = router->open_upstreams(make_upstream, before); !opened) return opened.error();
  if (auto opened = router->open_privacy(before); !opened) return opened.error();
  router->open_canaries(before);
  router->open_load(before);
  if (before == nullptr) router->take_over();
  return router;
}

Result<void> HybridRouter::open_upstreams(const MakeUpstream& make_upstream,
                                          const HybridRouter* before) {
  for (const UpstreamConfig& upstream : config_.upstreams) {
    Member* same = nullptr;
    if (before != nullptr) {
      const auto found = before->members_.find(upstream.name);
      if (found != before->members_.end() && found->second->config() == upstream)
        same = found->second.get();
    }
    if (same != nullptr) same->forgive_keys();
    // A worker's process goes on; the others are cheap, and their keys may be new.
    if (same != nullptr && upstream.kind == UpstreamConfig::Kind::worker) {
      members_[upstream.name] = std::make_unique<Member>(same->shared_upstream(), same);
      continue;
    }
    auto made = make_upstream(upstream);
    if (!made) return made.error();
    members_[upstream.name] = std::make_unique<Member>(*std::move(made), same);
  }
  return {};
}

const UpstreamConfig* HybridRouter::upstream(const std::string& name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? nullptr : &found->second->config();
}

bool HybridRouter::loaded(const Member& member, const std::string& model) const {
  const auto mapped = member.config().models.find(model);
  const auto entry = models_->find(mapped == member.config().models.end() ? model : mapped->second);
  return entry && entry->backend != nullptr;
}

// Of the same two upstreams, with the same guards: another target has to prove itself anew.
bool HybridRouter::same_canary(const CanaryConfig& now, const HybridRouter& before,
                               const Canary& canary) const {
  const auto same = [&](const std::string& name) {
    const UpstreamConfig* was = before.upstream(name);
    return was != nullptr && *was == *upstream(name);
  };
  return canary.config() == now && same(now.target) && same(now.baseline);
}

void HybridRouter::open_canaries(const HybridRouter* before) {
  for (const RouteConfig& route : config_.routes) {
    if (route.canary.target.empty()) continue;
    std::shared_ptr<Canary>& canary = canaries_[route.model];
    if (before != nullptr) {
      const auto found = before->canaries_.find(route.model);
      if (found != before->canaries_.end() && same_canary(route.canary, *before, *found->second))
        canary = found->second;
    }
    if (!canary) canary = std::make_shared<Canary>(route.canary);
  }
}

void HybridRouter::open_load(HybridRouter* before) {
  for (const RouteConfig& route : config_.routes) {
    if (!route.load.enabled) continue;
    LoadController controller(route.load);
    const RouteConfig* same = before != nullptr ? before->find(route.model) : nullptr;
    if (same != nullptr && same->load == route.load) {
      const std::lock_guard lock(before->mutex_);
      controller = before->load_.at(route.model);
    }
    load_.emplace(route.model, controller);
  }
}

// One for a file: streams that began before a reload go on writing into it.
Result<std::shared_ptr<AuditLog>> HybridRouter::audit_log(const std::string& file,
                                                          const HybridRouter* before) {
  std::shared_ptr<AuditLog>& audit = audits_[file];
  if (!audit && before != nullptr) {
    const auto found = before->audits_.find(file);
    if (found != before->audits_.end()) audit = found->second;
  }
  if (audit) return audit;
  auto opened = AuditLog::open(file);
  if (!opened) return opened.error();
  audit = *std::move(opened);
  return audit;
}

Result<void> HybridRouter::open_privacy(const HybridRouter* before) {
  for (const RouteConfig& route : config_.routes) {
    if (!route.privacy.enabled) continue;
    auto guard = PrivacyGuard::create(route.privacy);
    if (!guard) return guard.error();
    std::shared_ptr<AuditLog> audit;
    if (!route.privacy.audit_log.empty()) {
      auto opened = audit_log(route.privacy.audit_log, before);
      if (!opened) return opened.error();
      audit = *std::move(opened);
    }
    privacy_.emplace(route.model,
                     Privacy{*std::move(guard), std::move(audit), route.privacy.restore});
  }
  return {};
}

void HybridRouter::reopen_logs() {
  for (const auto& [file, audit] : audits_) audit->reopen();
}

Canary* HybridRouter::canary(const RouteConfig& route) {
  const auto found = canaries_.find(route.model);
  return found == canaries_.end() ? nullptr : found->second.get();
}

void HybridRouter::note_canary(const RouteConfig& route, const CanaryOutcome& outcome) {
  Canary* canary = this->canary(route);
  if (canary == nullptr) return;
  if (const auto reason = canary->observe(outcome)) rolled_back(route, *reason);
}

void HybridRouter::note_agreement(const RouteConfig& route, double share) {
  Canary* canary = this->canary(route);
  if (canary == nullptr) return;
  if (const auto reason = canary->observe_agreement(share)) rolled_back(route, *reason);
}

void HybridRouter::rolled_back(const RouteConfig& route, const std::string& reason) {
  spdlog::warn("the canary '{}' of route '{}' was rolled back: {}", route.canary.target,
               route.model, reason);
  record_->metrics.canary_rollbacks.add({route.model, route.canary.target});
}

const Privacy* HybridRouter::privacy(const RouteConfig& route) const {
  const auto found = privacy_.find(route.model);
  return found == privacy_.end() ? nullptr : &found->second;
}

const RouteConfig* HybridRouter::find(std::string_view model) const {
  for (const RouteConfig& route : config_.routes) {
    if (route.model == model) return &route;
  }
  return nullptr;
}

std::optional<std::string> HybridRouter::engine_model(const RouteConfig& route) const {
  const auto found = members_.find(route.local);
  if (found == members_.end()) return std::nullopt;
  const UpstreamConfig& config = found->second->config();
  if (config.kind != UpstreamConfig::Kind::engine) return std::nullopt;
  const auto mapped = config.models.find(route.model);
  return mapped == config.models.end() ? route.model : mapped->second;
}

double HybridRouter::draw() {
  const std::lock_guard lock(mutex_);
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

UpstreamState HybridRouter::state_of(Member& member, const RouteConfig& route,
                                     const std::string& client) {
  const UpstreamConfig& config = member.config();
  UpstreamState state;
  state.available = member.breaker(route.model).available(Clock::now());
  state.in_flight = member.in_flight();
  state.first_token_s = member.first_token(Clock::now());
  state.context = config.context;
  if (config.max_concurrency > 0 && state.in_flight >= config.max_concurrency)
    state.available = false;
  if (config.kind != UpstreamConfig::Kind::engine) return state;
  const auto mapped = config.models.find(route.model);
  const auto entry = models_->find(mapped == config.models.end() ? route.model : mapped->second);
  if (!entry) {
    state.available = false;
  } else if (entry->backend) {
    state.expected_wait_s = entry->backend->expected_wait(client);
    state.context = entry->backend->context();
  }
  return state;
}

// From when a request of this moment would get its first token of the local side.
double HybridRouter::spill_share(const RouteConfig& route, const RouteState& state) {
  const std::lock_guard lock(mutex_);
  const auto found = load_.find(route.model);
  const auto local = state.upstreams.find(route.local);
  if (found == load_.end() || local == state.upstreams.end()) return 0;
  found->second.observe(local->second.expected_wait_s + local->second.first_token_s, Clock::now());
  return found->second.spill_share();
}

double HybridRouter::charge(const Member& member, const std::string& client,
                            const UpstreamUsage& usage) {
  const double usd = cost_usd(member.config().price, usage);
  record_->spend.add(key_of(client), usage, usd, now_in_seconds());
  return usd;
}

RoutePlan HybridRouter::plan(const RouteConfig& route, const RouteFeatures& features,
                             const std::string& client) {
  const auto begin = Clock::now();
  RouteState state;
  for (const auto& [name, member] : members_)
    state.upstreams[name] = state_of(*member, route, client);
  state.draw = draw();
  state.spill_share = spill_share(route, state);
  if (const Canary* canary = this->canary(route)) state.canary_weight = canary->weight();
  state.budget_remaining_usd = remaining_usd(client);
  RoutePlan plan = plan_route(config_, route, features, state);
  if (!plan.upstreams.empty()) {
    const auto first = state.upstreams.find(plan.upstreams.front());
    if (first != state.upstreams.end()) plan.expected_wait_s = first->second.expected_wait_s;
  }
  retry_budget_.deposit(begin);
  record_->metrics.decision_seconds.observe(
      std::chrono::duration<double>(Clock::now() - begin).count());
  const std::string target = plan.upstreams.empty() ? "none" : plan.upstreams.front();
  record_->metrics.decisions.add({route.model, target, plan.cause});
  return plan;
}

double HybridRouter::remaining_usd(const std::string& client) const {
  return record_->spend.remaining_usd(key_of(client), now_in_seconds());
}

void HybridRouter::write_metrics(MetricsText& out) {
  const auto now = Clock::now();
  record_->metrics.write(out);
  out.single("pincer_router_retry_budget_remaining", "gauge",
             "Retries and migrations that may be made now.", retry_budget_.balance(now));
  out.family("pincer_router_in_flight", "gauge", "Requests that an upstream is answering.");
  for (const auto& [name, member] : members_)
    out.sample("pincer_router_in_flight", {{"upstream", name}}, member->in_flight());
  if (!canaries_.empty())
    out.family("pincer_router_canary_weight", "gauge", "The share of requests that a canary gets.");
  for (const auto& [model, canary] : canaries_) {
    out.sample("pincer_router_canary_weight",
               {{"route", model}, {"target", canary->config().target}}, canary->weight());
  }
  out.family("pincer_router_breaker_state", "gauge", "0: closed, 1: half open, 2: open.");
  for (const auto& [name, member] : members_) {
    for (const auto& [model, status] : member->breakers(now)) {
      const bool open = status.state == Breaker::State::open;
      const double value = open ? 2 : status.state == Breaker::State::half_open ? 1 : 0;
      out.sample("pincer_router_breaker_state", {{"upstream", name}, {"model", model}}, value);
    }
  }
}

}  // namespace pincer
