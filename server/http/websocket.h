// A WebSocket connection (RFC 6455) that an HTTP request was upgraded to.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/http/exchange.h"

namespace pincer {

// Belongs to the exchange's executor. Clients that say nothing are pinged, and dropped when they do
// not answer; so are those that take nothing within the write deadline.
class WebSocket : public std::enable_shared_from_this<WebSocket> {
 public:
  // Answers the upgrade. Null: refused or gone; the exchange has been answered. No subprotocol that
  // holds a key is agreed on. Messages of more than `max_message` bytes end the connection (1009).
  static asio::awaitable<std::shared_ptr<WebSocket>> accept(Exchange& exchange,
                                                            std::size_t max_message);
  virtual ~WebSocket() = default;

  // Why a connection ends (RFC 6455, 7.4.1).
  enum class Close : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    not_text = 1003,
    policy = 1008,
    too_big = 1009,
    failed = 1011,
  };

  // Reads until the end. `on_text` gets each message, and says false when the client asks too much,
  // which ends the connection (1008). `on_end` is called once, last.
  struct Events {
    std::function<bool(std::string)> on_text;
    std::function<void()> on_end;
  };
  virtual void start(Events events) = 0;
  // One message; one call at a time. False: the connection is over.
  virtual asio::awaitable<bool> write(std::string text) = 0;
  // Says why, and waits until reading has ended.
  virtual asio::awaitable<void> close(Close reason, std::string why) = 0;
};

}  // namespace pincer
