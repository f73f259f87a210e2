#include "server/route/retry_budget.h"

namespace pincer {

// With the lock.
void RetryBudget::expire(Time now) {
  const Time oldest = now - options_.ttl;
  for (auto* times : {&deposits_, &withdrawals_}) {
    while (!times->empty() && times->front() < oldest) times->pop_front();
  }
}

void RetryBudget::deposit(Time now) {
  const std::lock_guard lock(mutex_);
  expire(now);
  deposits_.push_back(now);
}

double RetryBudget::balance(Time now) {
  const std::lock_guard lock(mutex_);
  expire(now);
  const double seconds = std::chrono::duration<double>(options_.ttl).count();
  return options_.ratio * static_cast<double>(deposits_.size()) +
         options_.min_per_second * seconds - static_cast<double>(withdrawals_.size());
}

bool RetryBudget::withdraw(Time now) {
  if (balance(now) < 1) return false;
  const std::lock_guard lock(mutex_);
  withdrawals_.push_back(now);
  return true;
}

}  // namespace pincer
