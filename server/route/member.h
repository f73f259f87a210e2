// An upstream as the router knows it: itself, its breakers, and what it has lately been like.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/route/breaker.h"
#include "server/route/plan.h"
#include "server/upstream/upstream.h"

namespace pincer {

// Thread-safe.
class Member {
 public:
  explicit Member(std::shared_ptr<Upstream> upstream) : upstream_(std::move(upstream)) {}

  const std::string& name() const { return config().name; }
  const UpstreamConfig& config() const { return upstream_->config(); }
  Upstream& upstream() { return *upstream_; }
  // One for each model: a model that fails says nothing of the others.
  Breaker& breaker(const std::string& model);

  struct BreakerState {
    std::string model;
    Breaker::Status status;
  };
  std::vector<BreakerState> breakers(Breaker::Time now);

  // Seconds from when a request's turn has come to its first content: a moving average; 0 before
  // the first. It is forgotten while nothing is seen: a member that is left alone for being slow
  // has to be tried again some time.
  void saw_first_token(double seconds, Breaker::Time now);
  double first_token(Breaker::Time now) const;

  std::atomic<int> in_flight = 0;

 private:
  std::shared_ptr<Upstream> upstream_;
  std::atomic<double> first_token_ = 0;
  std::atomic<Breaker::Time::rep> seen_ = 0;  // when
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Breaker>> breakers_;
};

}  // namespace pincer
