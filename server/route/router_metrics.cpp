#include "server/route/router_metrics.h"

#include <array>
#include <utility>

namespace pincer {
namespace {

constexpr std::array kDecisionBounds = {2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 1e-3, 1e-2};
constexpr std::array kGapBounds = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0};

}  // namespace

LabelledCounter::LabelledCounter(std::string_view name, std::string_view help,
                                 std::vector<std::string> labels)
    : name_(name), help_(help), labels_(std::move(labels)) {}

void LabelledCounter::add(std::vector<std::string> values, double amount) {
  const std::lock_guard lock(mutex_);
  values_[std::move(values)] += amount;
}

double LabelledCounter::value(const std::vector<std::string>& values) const {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(values);
  return found == values_.end() ? 0 : found->second;
}

void LabelledCounter::write(MetricsText& out) const {
  const std::lock_guard lock(mutex_);
  out.family(name_, "counter", help_);
  for (const auto& [values, amount] : values_) {
    MetricsText::Labels labels;
    for (std::size_t i = 0; i < labels_.size(); ++i) labels.emplace_back(labels_[i], values[i]);
    out.sample(name_, labels, amount);
  }
}

RouterMetrics::RouterMetrics()
    : decisions("pincer_router_decisions_total", "Plans, by the upstream that they begin with.",
                {"route", "target", "cause"}),
      attempts("pincer_router_attempts_total", "Requests that were sent to upstreams.",
               {"upstream", "model"}),
      failures("pincer_router_failures_total", "Attempts that failed, by class.",
               {"upstream", "model", "reason"}),
      fallbacks("pincer_router_fallbacks_total",
                "Answers that another upstream began after one had failed.",
                {"from", "to", "reason"}),
      migrations("pincer_router_stream_migrations_total",
                 "Answers that broke off in their middle, and who went on.",
                 {"from", "to", "outcome"}),
      escalations("pincer_router_cascade_escalations_total",
                  "Answers that the local model began and the cloud made.", {"route"}),
      cost("pincer_router_cost_usd_total", "What upstreams charge, by their prices here.",
           {"route", "upstream"}),
      tokens("pincer_router_tokens_total", "Tokens that upstreams read and wrote.",
             {"route", "upstream", "type"}),
      redactions("pincer_router_privacy_redactions_total",
                 "Private values that did not leave, by class.", {"route", "entity"}),
      canary_rollbacks("pincer_router_canary_rollbacks_total", "Canaries that a guard ended.",
                       {"route", "target"}),
      standby_readings("pincer_router_standby_readings_total",
                       "Times that an engine read along with a cloud's stream.",
                       {"upstream", "model"}),
      decision_seconds(kDecisionBounds),
      migration_gap_seconds(kGapBounds) {}

void RouterMetrics::write(MetricsText& out) const {
  for (const LabelledCounter* counter :
       {&decisions, &attempts, &failures, &fallbacks, &migrations, &escalations, &cost, &tokens,
        &redactions, &canary_rollbacks, &standby_readings}) {
    counter->write(out);
  }
  decision_seconds.write(out, "pincer_router_decision_seconds", "Time that a decision took.");
  migration_gap_seconds.write(out, "pincer_router_stream_migration_gap_seconds",
                              "Silence of an answer that another upstream went on with.");
}

}  // namespace pincer
