#include "server/route/breaker.h"

#include <algorithm>
#include <utility>

namespace pincer {
namespace {

constexpr int kMostDoublings = 16;

bool needs_people(FailureClass kind) {
  return kind == FailureClass::billing || kind == FailureClass::auth;
}

}  // namespace

Breaker::Permit::Permit(Permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)), probe_(other.probe_) {}

Breaker::Permit::~Permit() {
  if (breaker_ == nullptr || !probe_) return;
  const std::lock_guard lock(breaker_->mutex_);
  breaker_->probing_ = false;
}

Breaker::Breaker(const BreakerOptions& options, std::uint64_t seed)
    : options_(options), random_(seed | 1) {}

// With the lock, as all that follows.
bool Breaker::may_pass(Time now) const { return !open_ || (now >= until_ && !probing_); }

bool Breaker::available(Time now) const {
  const std::lock_guard lock(mutex_);
  return may_pass(now);
}

std::optional<Breaker::Permit> Breaker::try_acquire(Time now) {
  const std::lock_guard lock(mutex_);
  if (!may_pass(now)) return std::nullopt;
  if (open_) probing_ = true;
  return Permit(*this, open_);
}

void Breaker::note(Time now, bool ok) {
  outcomes_.push_back({now, ok});
  errors_ += ok ? 0 : 1;
  in_a_row_ = ok ? 0 : in_a_row_ + 1;
  while (outcomes_.front().when < now - options_.window) {
    errors_ -= outcomes_.front().ok ? 0 : 1;
    outcomes_.pop_front();
  }
}

bool Breaker::too_many() const {
  if (in_a_row_ >= options_.consecutive_errors) return true;
  const auto requests = static_cast<int>(outcomes_.size());
  return requests >= options_.min_requests && errors_ >= options_.error_rate * requests;
}

// xorshift64*; a breaker needs no better one.
double Breaker::draw() {
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return static_cast<double>((random_ * 0x2545F4914F6CDD1DULL) >> 11) * 0x1.0p-53;
}

void Breaker::open(Time now, const UpstreamFailure& failure) {
  Milliseconds rest = options_.base_ejection * (1LL << std::min(ejections_, kMostDoublings));
  rest = std::min(rest, options_.max_ejection);
  if (needs_people(failure.kind)) rest = options_.billing_ejection;
  const double jitter = 1 + options_.jitter * (2 * draw() - 1);
  rest = std::chrono::duration_cast<Milliseconds>(rest * jitter);
  // Never sooner than the upstream asks for, but no longer than it could be told to.
  rest = std::max(rest, std::min(failure.retry_after, std::max(options_.max_ejection, rest)));
  until_ = now + rest;
  open_ = true;
  reason_ = failure.kind;
  ++ejections_;
  outcomes_.clear();
  errors_ = in_a_row_ = 0;
}

void Breaker::succeeded(Permit& permit, Time now) {
  const std::lock_guard lock(mutex_);
  permit.breaker_ = nullptr;
  if (permit.probe_) {
    probing_ = false;
    open_ = false;
    closed_since_ = now;
  }
  if (open_) return;  // began before it was opened
  // Clean for as long as the longest ejection: what was before is forgotten.
  if (ejections_ > 0 && now - closed_since_ >= options_.max_ejection) ejections_ = 0;
  note(now, true);
}

void Breaker::failed(Permit& permit, const UpstreamFailure& failure, Time now) {
  const std::lock_guard lock(mutex_);
  permit.breaker_ = nullptr;
  if (permit.probe_) probing_ = false;
  if (!counts_against_upstream(failure.kind)) return;
  if (open_ && !permit.probe_) return;  // began before it was opened
  note(now, false);
  const bool at_once = permit.probe_ || needs_people(failure.kind) ||
                       (failure.kind == FailureClass::rate && failure.retry_after.count() > 0);
  if (at_once || too_many()) open(now, failure);
}

void Breaker::forgive_keys() {
  const std::lock_guard lock(mutex_);
  if (reason_ != FailureClass::auth && reason_ != FailureClass::billing) return;
  open_ = false;
  in_a_row_ = ejections_ = 0;
  reason_.reset();
}

Breaker::Status Breaker::status(Time now) const {
  const std::lock_guard lock(mutex_);
  State state = State::closed;
  if (open_) state = now >= until_ ? State::half_open : State::open;
  return {.state = state, .reason = reason_, .until = until_, .ejections = ejections_};
}

std::string_view name(Breaker::State state) {
  switch (state) {
    case Breaker::State::closed:
      return "closed";
    case Breaker::State::open:
      return "open";
    case Breaker::State::half_open:
      return "half_open";
  }
  return "unknown";
}

}  // namespace pincer
