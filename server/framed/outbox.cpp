#include "server/framed/outbox.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace pincer {
namespace {

constexpr std::size_t kMaxWaiting = 256 << 10;  // bytes

}  // namespace

Outbox::Outbox(std::shared_ptr<Wire> wire, Wire::Duration write_timeout)
    : wire_(std::move(wire)),
      write_timeout_(write_timeout),
      drained_(wire_->executor(), asio::steady_timer::time_point::max()) {}

asio::awaitable<bool> Outbox::room() {
  while (frames_.size() >= kMaxWaiting && !broken_)
    co_await drained_.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !broken_;
}

asio::awaitable<bool> Outbox::flush() {
  if (writing_) co_return !broken_;
  writing_ = true;
  while (!frames_.empty() && !broken_) {
    const NetError error = co_await wire_->write(std::exchange(frames_, {}), write_timeout_);
    if (error) {
      broken_ = true;
      wire_->close();  // which ends the reading, too
    }
    drained_.cancel();
  }
  writing_ = false;
  co_return !broken_;
}

}  // namespace pincer
