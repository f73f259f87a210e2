#include "server/route/standby.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <utility>

namespace pincer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMostReadings = 2;       // at once, of all streams
constexpr int kEachTokens = 32;        // of the answer: this few are read in one step
constexpr int kBehindAll = -1000;      // a priority
constexpr double kLongestWait_s = 10;  // a queue that is longer has no room for this

}  // namespace

Standby::Standby(std::shared_ptr<HybridRouter> router, Member& member, ChatRequest request,
                 asio::any_io_executor executor)
    : router_(std::move(router)),
      member_(member),
      request_(std::move(request)),
      executor_(std::move(executor)) {
  request_.client = "\nstandby";  // nobody's turns are spent on it
  request_.priority = kBehindAll;
  request_.background = true;
  request_.start_by = Clock::time_point::max();
  request_.max_wait_s = kLongestWait_s;
  request_.want_logprobs = false;
}

void Standby::follow(const Continuation& written) {
  if (reading_ || cancelled_ || (read_to_ >= 0 && written.tokens() - read_to_ < kEachTokens))
    return;
  if (router_->standby_readings.fetch_add(1) >= kMostReadings) {
    --router_->standby_readings;
    return;
  }
  reading_ = true;
  read_to_ = written.tokens();
  ChatRequest request = written.rest_of(request_);
  request.max_tokens = 1;
  router_->metrics().standby_readings.add({member_.name(), request.model});
  asio::co_spawn(executor_, read(shared_from_this(), std::move(request)), asio::detached);
}

void Standby::cancel() {
  cancelled_ = true;
  if (watch_ && watch_->cancel) watch_->cancel();
  if (stream_) stream_->cancel();
}

// A failure is passed over: without what was to be read, going on takes as long as it would.
asio::awaitable<void> Standby::read(std::shared_ptr<Standby> self, ChatRequest request) {
  self->watch_ = std::make_shared<StartWatch>();
  StartedStream started = co_await self->member_.upstream().start(std::move(request), self->watch_);
  if (auto* stream = std::get_if<std::unique_ptr<UpstreamStream>>(&started)) {
    self->stream_ = std::move(*stream);
    while (!self->cancelled_) {
      const UpstreamNews news = co_await self->stream_->next();
      if (news.end || news.failure) break;
    }
    self->stream_.reset();
  }
  self->reading_ = false;
  --self->router_->standby_readings;
}

}  // namespace pincer
