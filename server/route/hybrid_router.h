// The router's memory: upstreams, what they are like at the moment, and what has been decided.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/server/models.h"
#include "server/canary/canary.h"
#include "server/route/answer_cache.h"
#include "server/route/disguise.h"
#include "server/route/load_controller.h"
#include "server/route/member.h"
#include "server/route/plan.h"
#include "server/route/retry_budget.h"
#include "server/route/router_metrics.h"
#include "server/route/spend.h"

namespace pincer {

// Thread-safe.
class HybridRouter {
 public:
  // Remote upstreams and workers are made by this; it errs where their settings cannot work.
  using MakeUpstream = std::function<Result<std::shared_ptr<Upstream>>(const UpstreamConfig&)>;

  // `before`: the router of an earlier configuration, which may still answer. What it has counted
  // and spent goes on here, and so does what it knows of upstreams and canaries whose settings are
  // the same; keys, names and audit logs are read and opened again.
  static Result<std::shared_ptr<HybridRouter>> make(RouterConfig config,
                                                    std::shared_ptr<Models> models,
                                                    asio::thread_pool& workers,
                                                    const MakeUpstream& make_upstream,
                                                    HybridRouter* before = nullptr);

  const RouterConfig& config() const { return config_; }
  // Null: no route has this name.
  const RouteConfig* find(std::string_view model) const;
  // The model of this process that a route's local upstream is; none: it is no engine.
  std::optional<std::string> engine_model(const RouteConfig& route) const;
  // An upstream of the configuration.
  Member& member(const std::string& name) { return *members_.at(name); }

  // Where a request goes now; `client` names whose queue it waits in.
  RoutePlan plan(const RouteConfig& route, const RouteFeatures& features,
                 const std::string& client);

  // Null: the route has none.
  Canary* canary(const RouteConfig& route);
  // What became of a request in one of its arms.
  void note_canary(const RouteConfig& route, const CanaryOutcome& outcome);
  // That it gave a shadow's answer, which was so far the same as the one that the client got: 0
  // … 1.
  void note_agreement(const RouteConfig& route, double share);

  // Of an engine: the model that the request names is loaded.
  bool loaded(const Member& member, const std::string& model) const;

  // Of a router that took the place of another: its budgets hold from now on.
  void take_over() { record_->spend.set_limits(config_.budgets); }
  void reopen_logs();  // of audits, after their files were renamed

  // Of a route that lets nothing private leave; null: it does not look.
  const Privacy* privacy(const RouteConfig& route) const;

  // What an attempt for `client` used; the cost in USD.
  double charge(const Member& member, const std::string& client, const UpstreamUsage& usage);
  const Spend& spend() const { return record_->spend; }
  double remaining_usd(const std::string& client) const;  // 0: spent; negative: without limit
  std::atomic<int> standby_readings = 0;                  // in progress
  std::atomic<int> shadows = 0;                           // on their way

  asio::thread_pool& workers() { return workers_; }  // for what takes long
  AnswerCache& cache() { return record_->cache; }
  RetryBudget& retry_budget() { return retry_budget_; }
  RouterMetrics& metrics() { return record_->metrics; }
  double draw();  // uniform in [0, 1)

  // The state of every upstream and breaker, for /metrics.
  void write_metrics(MetricsText& out);

 private:
  // What outlives a configuration.
  struct Record {
    Spend spend{{}};
    AnswerCache cache;
    RouterMetrics metrics;
  };

  HybridRouter(RouterConfig config, std::shared_ptr<Models> models, asio::thread_pool& workers,
               std::shared_ptr<Record> record);
  Result<void> open_upstreams(const MakeUpstream& make_upstream, const HybridRouter* before);
  void open_canaries(const HybridRouter* before);
  bool same_canary(const CanaryConfig& now, const HybridRouter& before, const Canary& canary) const;
  const UpstreamConfig* upstream(const std::string& name) const;
  void open_load(HybridRouter* before);
  Result<void> open_privacy(const HybridRouter* before);
  Result<std::shared_ptr<AuditLog>> audit_log(const std::string& file, const HybridRouter* before);
  void rolled_back(const RouteConfig& route, const std::string& reason);
  double spill_share(const RouteConfig& route, const RouteState& state);
  UpstreamState state_of(Member& member, const RouteConfig& route, const std::string& client);

  RouterConfig config_;
  std::shared_ptr<Models> models_;
  asio::thread_pool& workers_;
  std::map<std::string, std::unique_ptr<Member>> members_;
  std::map<std::string, Privacy> privacy_;  // by the route's model, as the next
  std::map<std::string, std::shared_ptr<Canary>> canaries_;
  std::map<std::string, std::shared_ptr<AuditLog>> audits_;  // by file
  RetryBudget retry_budget_;
  std::shared_ptr<Record> record_;
  std::mutex mutex_;  // of what follows
  std::mt19937_64 random_;
  std::map<std::string, LoadController> load_;  // by the route's model
};

}  // namespace pincer
