#include "server/api/http_caller.h"

#include <utility>

#include "server/http/access.h"

namespace pincer {

std::string_view HttpCaller::identity() const {
  return account() == nullptr ? shown_key(exchange_.request()) : Caller::identity();
}

std::chrono::steady_clock::time_point HttpCaller::asked() const {
  return exchange_.request().received;
}

std::string_view HttpCaller::header(std::string_view name) const {
  const auto& headers = exchange_.request().headers;
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->value());
}

void HttpCaller::watch(std::function<void()> on_leave) {
  const Limits& limits = exchange_.limits();
  watch_ = ClientWatch::start(exchange_.wire(), limits.header_bytes + limits.body_bytes,
                              std::move(on_leave));
}

asio::awaitable<void> HttpCaller::unwatch() {
  if (!watch_) co_return;
  co_await watch_->stop();
  if (watch_->left()) exchange_.close_after();
}

}  // namespace pincer
