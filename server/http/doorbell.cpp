#include "server/http/doorbell.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pincer {

Doorbell::Doorbell(const asio::any_io_executor& executor) : channel_(std::in_place, executor, 1) {}

void Doorbell::ring() {
  const std::lock_guard lock(mutex_);
  if (channel_) channel_->try_send(NetError{});
}

asio::awaitable<void> Doorbell::wait() {
  co_await channel_->async_receive(asio::as_tuple(asio::use_awaitable));
}

void Doorbell::disconnect() {
  const std::lock_guard lock(mutex_);
  channel_.reset();
}

}  // namespace pincer
