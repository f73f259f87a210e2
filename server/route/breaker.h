// A circuit breaker: leaves an upstream's model alone while it fails, and tries it again with one
// request at a time.
//
//   closed --(errors in a row, or their rate in a window)--> open for base * 2^k, with jitter
//   open --(that time has passed)--> half open: one probe --> closed, or open for twice as long
//
// An upstream that says when to come back (Retry-After) is left alone until then. Unpaid bills and
// refused keys do not mend themselves: they open it for billing_ejection at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>

#include "server/route/route_config.h"
#include "server/upstream/failure.h"

namespace pincer {

// Thread-safe. Times are given, so that tests need not wait.
class Breaker {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class State { closed, open, half_open };

  explicit Breaker(const BreakerOptions& options, std::uint64_t seed = 1);

  // A request on its way. Told neither succeeded() nor failed(), it says nothing, and a probe's
  // place is free again.
  class Permit {
   public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&&) = delete;
    ~Permit();
    bool probe() const { return probe_; }

   private:
    friend class Breaker;
    Permit(Breaker& breaker, bool probe) : breaker_(&breaker), probe_(probe) {}
    Breaker* breaker_;  // null: told, or moved from
    bool probe_;
  };

  bool available(Time now) const;  // try_acquire() would succeed
  std::optional<Permit> try_acquire(Time now);
  void succeeded(Permit& permit, Time now);
  // Those that say nothing of the upstream (counts_against_upstream) are no failures here.
  void failed(Permit& permit, const UpstreamFailure& failure, Time now);

  // Closes if it was opened for a refused key or a lack of credit.
  void forgive_keys();

  struct Status {
    State state = State::closed;
    std::optional<FailureClass> reason;  // that it was opened for last
    Time until;                          // while it is open
    int ejections = 0;                   // k
  };
  Status status(Time now) const;

 private:
  struct Outcome {
    Time when;
    bool ok;
  };
  bool may_pass(Time now) const;
  void note(Time now, bool ok);
  bool too_many() const;
  void open(Time now, const UpstreamFailure& failure);
  double draw();

  BreakerOptions options_;
  mutable std::mutex mutex_;
  std::uint64_t random_;
  std::deque<Outcome> outcomes_;  // of the last window
  int errors_ = 0, in_a_row_ = 0, ejections_ = 0;
  bool open_ = false, probing_ = false;
  Time until_, closed_since_;
  std::optional<FailureClass> reason_;
};

std::string_view name(Breaker::State state);

}  // namespace pincer
