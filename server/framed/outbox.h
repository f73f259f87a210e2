// What is to be sent over one connection by several coroutines.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "server/http/wire.h"

namespace pincer {

// Belongs to the wire's executor. There is no coroutine that only writes: whoever has something to
// send writes it, with what others add meanwhile.
class Outbox {
 public:
  Outbox(std::shared_ptr<Wire> wire, Wire::Duration write_timeout);

  // To append to, after room().
  std::string& frames() { return frames_; }
  // Until what waits is less than the limit, so that a client that does not read holds up its own
  // answers. False: the connection is over.
  asio::awaitable<bool> room();
  // Sends what was appended, or leaves it to the one that is sending. False as above.
  asio::awaitable<bool> flush();
  bool broken() const { return broken_; }

 private:
  std::shared_ptr<Wire> wire_;
  Wire::Duration write_timeout_;
  std::string frames_;
  asio::steady_timer drained_;  // cancelled when frames_ was taken
  bool writing_ = false;
  bool broken_ = false;
};

}  // namespace pincer
