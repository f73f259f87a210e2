#include "server/canary/canary.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace pincer {
namespace {

// How probable it is that a guard rolls back a canary that is like the baseline, at any time: one
// in a hundred for all of them.
constexpr double kErrorRisk = 0.004, kFirstTokenRisk = 0.004, kLengthRisk = 0.001,
                 kAgreementRisk = 0.001;
// Answers whose lengths differ less than this are not held against it: see RankTest::shift().
constexpr double kLengthShift = 0.15;
constexpr std::size_t kMostSessions = 1 << 16;

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

double ratio(double a, double b) { return b > 0 ? a / b : 1; }

GuardStatus judged(GuardStatus guard, double log_evidence, double risk) {
  const double asked = -std::log(risk);
  guard.confidence = std::clamp(log_evidence / asked, 0.0, 1.0);
  guard.breached = log_evidence >= asked && guard.excess > guard.limit;
  return guard;
}

}  // namespace

std::string_view name(CanaryStage stage) {
  switch (stage) {
    case CanaryStage::running:
      return "running";
    case CanaryStage::rolled_back:
      return "rolled_back";
    case CanaryStage::promoted:
      return "promoted";
  }
  return "unknown";
}

Canary::Tests::Tests(const CanaryConfig& config)
    : first_token(RankTest::Against::greater),
      length(RankTest::Against::different),
      agreement(config.min_agreement) {}

Canary::Canary(CanaryConfig config)
    : config_(std::move(config)), percent_(config_.weight), since_(unix_now()), tests_(config_) {}

double Canary::weight() const {
  const std::lock_guard lock(mutex_);
  return stage_ == CanaryStage::rolled_back ? 0
         : stage_ == CanaryStage::promoted  ? 1
                                            : percent_ / 100;
}

double Canary::shadow_weight() const {
  const std::lock_guard lock(mutex_);
  return stage_ == CanaryStage::running ? config_.shadow / 100 : 0;
}

std::optional<std::string> Canary::observe(const CanaryOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  if (stage_ != CanaryStage::running || outcome.weight <= 0 || outcome.weight >= 1)
    return std::nullopt;
  if (outcome.session != 0) {
    if (tests_.sessions.size() >= kMostSessions) tests_.sessions.clear();
    if (!tests_.sessions.insert(outcome.session).second) return std::nullopt;
  }
  tests_.errors.observe(outcome.canary, outcome.weight, outcome.error);
  if (outcome.first_token_s >= 0)
    tests_.first_token.observe(outcome.canary, outcome.weight, outcome.first_token_s);
  if (outcome.answer_tokens >= 0)
    tests_.length.observe(outcome.canary, outcome.weight, outcome.answer_tokens);
  return judge();
}

std::optional<std::string> Canary::observe_agreement(double share) {
  const std::lock_guard lock(mutex_);
  if (stage_ != CanaryStage::running) return std::nullopt;
  tests_.agreement.observe(std::clamp(share, 0.0, 1.0));
  return judge();
}

std::vector<GuardStatus> Canary::guards() const {
  std::vector<GuardStatus> out;
  const RateTest& errors = tests_.errors;
  GuardStatus error{.guard = "error_rate",
                    .baseline = errors.rate(false),
                    .canary = errors.rate(true),
                    .limit = config_.max_error_rate};
  error.excess = error.canary - error.baseline;
  out.push_back(judged(std::move(error), errors.log_evidence(), kErrorRisk));

  const RankTest& first = tests_.first_token;
  GuardStatus slow{.guard = "ttft", .limit = config_.max_first_token_ratio};
  // Of the 95th percentiles, or of the medians: a few requests say more of these.
  for (const double share : {0.5, 0.95}) {
    const double theirs = first.quantile(false, share), its = first.quantile(true, share);
    if (const double excess = ratio(its, theirs); share == 0.5 || excess > slow.excess) {
      slow.baseline = theirs;
      slow.canary = its;
      slow.excess = excess;
    }
  }
  out.push_back(judged(std::move(slow), first.log_evidence(), kFirstTokenRisk));

  const RankTest& length = tests_.length;
  GuardStatus other{.guard = "answer_length",
                    .baseline = length.quantile(false, 0.5),
                    .canary = length.quantile(true, 0.5),
                    .limit = kLengthShift,
                    .excess = std::abs(length.shift())};
  out.push_back(judged(std::move(other), length.log_evidence(), kLengthRisk));

  if (config_.min_agreement <= 0) return out;
  const MeanTest& agreement = tests_.agreement;
  GuardStatus same{.guard = "agreement",
                   .baseline = 1,
                   .canary = agreement.mean(),
                   .limit = 1 - config_.min_agreement,
                   .excess = 1 - agreement.mean()};
  out.push_back(judged(std::move(same), agreement.log_evidence(), kAgreementRisk));
  return out;
}

// Most requests end here: figures are only made up where there is evidence enough.
bool Canary::has_evidence() const {
  return tests_.errors.log_evidence() >= -std::log(kErrorRisk) ||
         tests_.first_token.log_evidence() >= -std::log(kFirstTokenRisk) ||
         tests_.length.log_evidence() >= -std::log(kLengthRisk) ||
         tests_.agreement.log_evidence() >= -std::log(kAgreementRisk);
}

std::optional<std::string> Canary::judge() {
  if (!has_evidence()) return std::nullopt;
  for (const GuardStatus& guard : guards()) {
    if (!guard.breached) continue;
    std::string reason = fmt::format("{}: {:.4g} against {:.4g} of '{}'", guard.guard, guard.canary,
                                     guard.baseline, config_.baseline);
    enter(CanaryStage::rolled_back, reason);
    return reason;
  }
  return std::nullopt;
}

CanaryStatus Canary::status() const {
  const std::lock_guard lock(mutex_);
  CanaryStatus out;
  out.stage = stage_;
  out.target = config_.target;
  out.baseline = config_.baseline;
  out.weight = stage_ == CanaryStage::rolled_back ? 0
               : stage_ == CanaryStage::promoted  ? 100
                                                  : percent_;
  out.reason = reason_;
  out.since = since_;
  out.requests = tests_.errors.count(true);
  out.baseline_requests = tests_.errors.count(false);
  out.shadows = tests_.agreement.count();
  out.proven = stage_ != CanaryStage::rolled_back && out.requests >= config_.min_requests;
  out.guards = guards();
  return out;
}

void Canary::enter(CanaryStage stage, std::string reason) {
  stage_ = stage;
  reason_ = std::move(reason);
  since_ = unix_now();
}

void Canary::set_weight(double percent) {
  const std::lock_guard lock(mutex_);
  percent_ = percent;
}

void Canary::roll_back(std::string reason) {
  const std::lock_guard lock(mutex_);
  enter(CanaryStage::rolled_back, std::move(reason));
}

void Canary::promote() {
  const std::lock_guard lock(mutex_);
  enter(CanaryStage::promoted, "by hand");
}

void Canary::resume() {
  const std::lock_guard lock(mutex_);
  tests_ = Tests(config_);
  enter(CanaryStage::running, "resumed by hand");
}

}  // namespace pincer
