#include "server/http/transport.h"

#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/http/use_tuple.h"

namespace pincer {

asio::awaitable<NetError> Transport::handshake(asio::ssl::context& context) {
  tls_ = std::make_unique<Tls>(socket_, context);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kTuple);
  co_return error;
}

asio::awaitable<NetError> Transport::handshake_as_client(asio::ssl::context& context,
                                                         std::string host) {
  tls_ = std::make_unique<Tls>(socket_, context);
  tls_->set_verify_mode(asio::ssl::verify_peer);
  tls_->set_verify_callback(asio::ssl::host_name_verification(host));
  // The server may have several names (RFC 6066, 3); addresses are none.
  NetError not_an_address;
  asio::ip::make_address(host, not_an_address);
  if (not_an_address) SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kTuple);
  co_return error;
}

asio::awaitable<void> Transport::close_notify() {
  if (tls_) co_await tls_->async_shutdown(kTuple);
}

std::size_t Transport::write_now(std::string_view bytes) {
  if (tls_) return 0;
  const auto sent =
      ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

}  // namespace pincer
