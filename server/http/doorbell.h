// Wakes one waiting coroutine from another thread.
#pragma once

#include <boost/asio/experimental/concurrent_channel.hpp>
#include <mutex>
#include <optional>

#include "server/http/types.h"

namespace pincer {

// Rings before and during a wait count once. The bell outlives its executor safely once
// disconnect() was called, so that the engine may keep ringing for a request that is gone.
class Doorbell {
 public:
  explicit Doorbell(const asio::any_io_executor& executor);

  void ring();                   // any thread; never blocks for long
  asio::awaitable<void> wait();  // returns after a ring
  void disconnect();             // no wait is pending

 private:
  using Channel = asio::experimental::concurrent_channel<void(NetError)>;
  std::mutex mutex_;
  std::optional<Channel> channel_;  // of capacity 1
};

}  // namespace pincer
