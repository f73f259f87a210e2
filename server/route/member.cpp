#include "server/route/member.h"

namespace pincer {

Breaker& Member::breaker(const std::string& model) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Breaker>& breaker = breakers_[model];
  if (!breaker) breaker = std::make_unique<Breaker>(config().breaker);
  return *breaker;
}

std::vector<Member::BreakerState> Member::breakers(Breaker::Time now) {
  const std::lock_guard lock(mutex_);
  std::vector<BreakerState> states;
  for (const auto& [model, breaker] : breakers_) states.push_back({model, breaker->status(now)});
  return states;
}

void Member::saw_first_token(double seconds) {
  // Two threads at once may lose one of their observations, which an average can bear.
  const double before = first_token_;
  first_token_ = before == 0 ? seconds : 0.8 * before + 0.2 * seconds;
}

}  // namespace pincer
