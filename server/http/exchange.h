// One request and its answer, as a handler sees them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pincer/server/limits.h"
#include "server/http/key_ring.h"
#include "server/http/request.h"
#include "server/http/request_record.h"
#include "server/http/response.h"
#include "server/http/wire.h"

namespace pincer {

inline constexpr std::string_view kEventStream = "text/event-stream; charset=utf-8";

class Exchange {
 public:
  Exchange(std::shared_ptr<Wire> wire, std::shared_ptr<const Limits> limits);

  const Request& request() const { return request_; }
  // Up to megabytes that are not needed while the answer is made: frees them with the result.
  std::string take_body() { return std::exchange(request_.body, {}); }
  const std::shared_ptr<Wire>& wire() const { return wire_; }
  const Limits& limits() const { return *limits_; }

  // Either one whole answer ...
  asio::awaitable<void> send(Response response);
  // ... or a stream of events, which the first call starts, with its content type. False: the
  // client is gone or too slow.
  asio::awaitable<bool> send_events(std::string events,
                                    std::string_view content_type = kEventStream);
  // The last ones.
  asio::awaitable<void> end_events(std::string events,
                                   std::string_view content_type = kEventStream);

  // Whose key came with the request; null: no key is asked for, or the route is open.
  const std::shared_ptr<const Account>& account() const { return account_; }

  // What the handler notes, for the access log and the metrics.
  RequestRecord& record() { return record_; }
  const RequestRecord& record() const { return record_; }
  // How long the client waits for the whole answer; none: it did not say.
  std::optional<std::chrono::milliseconds> patience() const { return patience_; }

  // For the connection.
  void set_patience(std::optional<std::chrono::milliseconds> patience) { patience_ = patience; }
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  void set_account(std::shared_ptr<const Account> account) { account_ = std::move(account); }
  void set_use(AccountUse use) { use_ = std::move(use); }
  void add_headers(std::vector<std::pair<std::string, std::string>> headers) {
    headers_ = std::move(headers);
  }
  void add_header(std::string name, std::string value) {
    headers_.emplace_back(std::move(name), std::move(value));
  }
  // The connection speaks something else from here on, and is not used for requests again.
  void switch_protocols() {
    status_ = 101;
    broken_ = true;
  }
  Request& request() { return request_; }
  void close_after() { keep_alive_ = false; }
  bool keep_alive() const { return keep_alive_ && !broken_; }
  bool started() const { return status_ != 0; }
  unsigned status() const { return status_; }  // 0: nothing was sent

 private:
  asio::awaitable<bool> write(std::string bytes);
  std::string head(Response& response, Framing framing) const;
  std::string head_of_events(std::string_view content_type);

  std::shared_ptr<Wire> wire_;
  std::shared_ptr<const Limits> limits_;
  Request request_;
  std::shared_ptr<const Account> account_;
  AccountUse use_;
  std::vector<std::pair<std::string, std::string>> headers_;  // of every answer
  RequestRecord record_;
  std::optional<std::chrono::milliseconds> patience_;
  std::uint64_t bytes_sent_ = 0;
  unsigned status_ = 0;
  bool keep_alive_ = true;
  bool broken_ = false;
};

}  // namespace pincer
