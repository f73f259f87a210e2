// The one that an answer is made for, whatever the transport: HTTP, WebSocket, framed TCP.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "server/http/key_ring.h"
#include "server/http/request_record.h"
#include "server/http/types.h"

namespace pincer {

// Belongs to its executor, and outlives the coroutine that makes the answer.
class Caller {
 public:
  virtual ~Caller() = default;

  virtual asio::any_io_executor executor() const = 0;
  // Whose key it is; null: no keys are asked for.
  virtual const Account* account() const = 0;
  // Names whose share of the server the answer takes: the key's name; empty without one.
  virtual std::string_view identity() const {
    return account() == nullptr ? std::string_view() : account()->key().name;
  }
  virtual std::chrono::steady_clock::time_point asked() const = 0;  // the request was complete

  // From here to unwatch(), `on_leave` is called once, on the executor, when the caller is gone
  // (or takes the request back); left() is true then.
  virtual void watch(std::function<void()> on_leave) = 0;
  virtual asio::awaitable<void> unwatch() = 0;
  virtual bool left() const = 0;

  // A header of the request, where the transport has these; empty: it is absent.
  virtual std::string_view header(std::string_view /*name*/) const { return {}; }
  // Shown with the answer, if its first byte is not sent yet and the transport has headers.
  virtual void add_header(std::string_view /*name*/, std::string_view /*value*/) {}

  // What is noted of the request.
  virtual RequestRecord& record() { return record_; }
  // How long it waits for the whole answer, from asked() on; none: as long as that takes.
  virtual std::optional<std::chrono::milliseconds> patience() const { return std::nullopt; }

 private:
  RequestRecord record_;
};

}  // namespace pincer
