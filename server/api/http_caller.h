// The client of one HTTP request as a caller.
#pragma once

#include <memory>
#include <string>

#include "server/api/caller.h"
#include "server/http/client_watch.h"
#include "server/http/exchange.h"

namespace pincer {

// A client that closes its connection, or its sending half, has left.
class HttpCaller final : public Caller {
 public:
  explicit HttpCaller(Exchange& exchange) : exchange_(exchange) {}

  asio::any_io_executor executor() const override { return exchange_.wire()->executor(); }
  const Account* account() const override { return exchange_.account().get(); }
  // Where no keys are asked for, the one that was shown all the same.
  std::string_view identity() const override;
  std::chrono::steady_clock::time_point asked() const override;
  void watch(std::function<void()> on_leave) override;
  // The exchange may go on to its connection's next request after that, unless the client left.
  asio::awaitable<void> unwatch() override;
  bool left() const override { return watch_ && watch_->left(); }
  std::string_view header(std::string_view name) const override;
  void add_header(std::string_view name, std::string_view value) override {
    exchange_.add_header(std::string(name), std::string(value));
  }
  RequestRecord& record() override { return exchange_.record(); }
  std::optional<std::chrono::milliseconds> patience() const override {
    return exchange_.patience();
  }

 private:
  Exchange& exchange_;
  std::shared_ptr<ClientWatch> watch_;
};

}  // namespace pincer
