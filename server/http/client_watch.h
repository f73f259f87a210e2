// Notices that a client leaves while its answer is being made.
#pragma once

#include <functional>
#include <memory>

#include "server/http/wire.h"

namespace pincer {

// Reads from the client while nothing else does. What arrives is kept in the wire's input as the
// next (pipelined) request; the end of the input means that the client left, and so does more input
// than one request may have.
class ClientWatch : public std::enable_shared_from_this<ClientWatch> {
 public:
  // `on_leave` is called once, on the wire's executor.
  static std::shared_ptr<ClientWatch> start(std::shared_ptr<Wire> wire, std::size_t max_input,
                                            std::function<void()> on_leave);
  // After that the wire may be read again.
  asio::awaitable<void> stop();
  bool left() const { return left_; }

  ClientWatch(std::shared_ptr<Wire> wire, std::size_t max_input, std::function<void()> on_leave);

 private:
  static asio::awaitable<void> run(std::shared_ptr<ClientWatch> self);

  std::shared_ptr<Wire> wire_;
  std::size_t max_input_;
  std::function<void()> on_leave_;
  asio::steady_timer ended_;  // cancelled when run() is done
  bool running_ = true;
  bool stopping_ = false;
  bool left_ = false;
};

}  // namespace pincer
