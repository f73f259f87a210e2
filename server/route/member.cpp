#include "server/route/member.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace pincer {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kHalfLife{5};  // of what a first token took, from when it is as old as that

}  // namespace

Member::Member(std::shared_ptr<Upstream> upstream, const Member* before)
    : upstream_(std::move(upstream)),
      seen_(before != nullptr ? before->seen_ : std::make_shared<Seen>()) {}

Breaker& Member::breaker(const std::string& model) {
  const std::lock_guard lock(seen_->mutex);
  std::unique_ptr<Breaker>& breaker = seen_->breakers[model];
  if (!breaker) breaker = std::make_unique<Breaker>(config().breaker);
  return *breaker;
}

std::vector<Member::BreakerState> Member::breakers(Breaker::Time now) {
  const std::lock_guard lock(seen_->mutex);
  std::vector<BreakerState> states;
  for (const auto& [model, breaker] : seen_->breakers)
    states.push_back({model, breaker->status(now)});
  return states;
}

void Member::forgive_keys() {
  const std::lock_guard lock(seen_->mutex);
  for (const auto& [model, breaker] : seen_->breakers) breaker->forgive_keys();
}

void Member::saw_first_token(double seconds, Breaker::Time now) {
  // Two threads at once may lose one of their observations, which an average can bear.
  const double before = first_token(now);
  seen_->first_token = before == 0 ? seconds : 0.8 * before + 0.2 * seconds;
  seen_->first_token_at = now.time_since_epoch().count();
}

double Member::first_token(Breaker::Time now) const {
  const Breaker::Time seen{Breaker::Time::duration{seen_->first_token_at.load()}};
  const double old = std::max(0.0, (now - seen) / kHalfLife - 1);
  return seen_->first_token * std::exp2(-old);
}

}  // namespace pincer
