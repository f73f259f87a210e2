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
  // `before`: the member of an earlier configuration, with the same settings: what it was like is
  // what this one is like. Null: nothing is known.
  explicit Member(std::shared_ptr<Upstream> upstream, const Member* before = nullptr);

  const std::string& name() const { return config().name; }
  const UpstreamConfig& config() const { return upstream_->config(); }
  Upstream& upstream() { return *upstream_; }
  const std::shared_ptr<Upstream>& shared_upstream() const { return upstream_; }
  // One for each model: a model that fails says nothing of the others.
  Breaker& breaker(const std::string& model);

  struct BreakerState {
    std::string model;
    Breaker::Status status;
  };
  std::vector<BreakerState> breakers(Breaker::Time now);

  // Breakers that a refused key or a lack of credit opened close: the key is read again.
  void forgive_keys();

  // Seconds from when a request's turn has come to its first content: a moving average; 0 before
  // the first. It is forgotten while nothing is seen: a member that is left alone for being slow
  // has to be tried again some time.
  void saw_first_token(double seconds, Breaker::Time now);
  double first_token(Breaker::Time now) const;

  // Attempts in progress.
  int in_flight() const { return seen_->in_flight; }
  void begin_attempt() { ++seen_->in_flight; }
  void end_attempt() { --seen_->in_flight; }

 private:
  struct Seen {
    std::atomic<int> in_flight = 0;
    std::atomic<double> first_token = 0;
    std::atomic<Breaker::Time::rep> first_token_at = 0;
    std::mutex mutex;
    std::map<std::string, std::unique_ptr<Breaker>> breakers;
  };

  std::shared_ptr<Upstream> upstream_;
  std::shared_ptr<Seen> seen_;
};

}  // namespace pincer
