// How many requests may be made on top of those that clients ask for: retries, and answers that
// another upstream goes on with. Without a bound, an upstream in trouble gets several times its
// load just then.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>

#include "server/route/route_config.h"

namespace pincer {

// After Finagle's RetryBudget: each request adds `ratio` for `ttl`, beside `min_per_second`.
// Thread-safe.
class RetryBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RetryBudget(const RetryBudgetOptions& options) : options_(options) {}

  void deposit(Time now);   // a client's request
  bool withdraw(Time now);  // false: there is nothing left
  double balance(Time now);

 private:
  void expire(Time now);

  RetryBudgetOptions options_;
  std::mutex mutex_;
  std::deque<Time> deposits_, withdrawals_;  // of the last ttl
};

}  // namespace pincer
