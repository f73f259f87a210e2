#include "server/http/transport.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pincer {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

}  // namespace

asio::awaitable<NetError> Transport::handshake(asio::ssl::context& context) {
  tls_ = std::make_unique<Tls>(socket_, context);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kTuple);
  co_return error;
}

asio::awaitable<void> Transport::close_notify() {
  if (tls_) co_await tls_->async_shutdown(kTuple);
}

}  // namespace pincer
