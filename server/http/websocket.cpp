#include "server/http/websocket.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "server/http/access.h"
#include "server/http/transport.h"
#include "server/http/use_tuple.h"

namespace pincer {

// What Beast needs to know of its next layer, found by argument-dependent lookup.
void beast_close_socket(Transport& transport) {
  NetError ignored;
  transport.socket().close(ignored);
}

void teardown(beast::role_type, Transport& transport, NetError& error) {
  transport.socket().shutdown(Socket::shutdown_both, error);
}

// The closing frames were exchanged, so that nothing is lost.
template <typename Handler>
void async_teardown(beast::role_type, Transport& transport, Handler&& handler) {
  NetError error;
  transport.socket().shutdown(Socket::shutdown_both, error);
  asio::post(transport.get_executor(),
             beast::bind_front_handler(std::forward<Handler>(handler), NetError{}));
}

namespace {

namespace http = beast::http;
namespace websocket = beast::websocket;
using http::field;

constexpr std::chrono::seconds kClosingTime{10};
// A ping after half of it without a message.
constexpr std::chrono::seconds kSilence{60};
// Kept for the next message.
constexpr std::size_t kKeptBuffer = 64 << 10;

bool has_token(std::string_view value, beast::string_view token) {
  return http::token_list(beast::string_view(value.data(), value.size())).exists(token);
}

std::optional<Response> refusal(Exchange& exchange) {
  const Request& request = exchange.request();
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  if (!has_token(request.header(field::connection), "upgrade") ||
      !has_token(request.header(field::upgrade), "websocket")) {
    response.status = 426;
    response.headers = {{"Upgrade", "websocket"}};
    response.body = "This is a WebSocket: connect with ws:// or wss://, or send a POST.\n";
    return response;
  }
  if (request.header(field::sec_websocket_version) != "13") {
    response.status = 426;
    response.headers = {{"Sec-WebSocket-Version", "13"}};
    response.body = "Only version 13 of WebSocket is spoken here.\n";
    return response;
  }
  response.status = 400;
  if (request.header(field::sec_websocket_key).size() != 24) {  // 16 bytes in base64
    response.body = "Sec-WebSocket-Key is not 16 bytes in base64.\n";
    return response;
  }
  if (exchange.wire()->input().size() > 0) {
    response.body = "Wait for the answer to the upgrade before sending messages.\n";
    return response;
  }
  return std::nullopt;
}

class BeastWebSocket final : public WebSocket {
 public:
  BeastWebSocket(std::shared_ptr<Wire> wire, std::size_t max_message, Wire::Duration write_timeout)
      : wire_(std::move(wire)),
        stream_(wire_->transport()),
        timer_(wire_->executor()),
        ended_(wire_->executor(), asio::steady_timer::time_point::max()),
        write_timeout_(write_timeout) {
    stream_.set_option(
        websocket::stream_base::timeout{kClosingTime, kSilence, /*keep_alive_pings=*/true});
    stream_.read_message_max(max_message);
    stream_.auto_fragment(false);
    stream_.text(true);
  }

  asio::awaitable<bool> handshake(Exchange& exchange) {
    const Request& request = exchange.request();
    http::request<http::empty_body> upgrade;
    static_cast<http::fields&>(upgrade.base()) = request.headers;
    upgrade.method(http::verb::get);
    upgrade.target(request.path);
    upgrade.version(11);
    stream_.set_option(websocket::stream_base::decorator(
        Decorate{request.id, std::string(offered_subprotocol(request))}));
    const auto [error] = co_await stream_.async_accept(upgrade, kTuple);
    exchange.switch_protocols();
    co_return !error;
  }

  void start(Events events) override {
    events_ = std::move(events);
    reading_ = true;
    asio::co_spawn(wire_->executor(), read(shared_from_this()), asio::detached);
  }

  asio::awaitable<bool> write(std::string text) override {
    if (over_) co_return false;
    timer_.expires_after(write_timeout_);
    timer_.async_wait(OnSlow{std::static_pointer_cast<BeastWebSocket>(shared_from_this())});
    const auto [error, size] = co_await stream_.async_write(asio::buffer(text), kTuple);
    timer_.expires_at(asio::steady_timer::time_point::max());
    if (error) over_ = true;
    co_return !error;
  }

  asio::awaitable<void> close(Close reason, std::string why) override {
    if (!over_ && stream_.is_open()) {
      const websocket::close_reason said(static_cast<websocket::close_code>(reason),
                                         beast::string_view(why.data(), why.size()));
      co_await stream_.async_close(said, kTuple);
    }
    over_ = true;
    wire_->close();
    while (reading_) co_await ended_.async_wait(kTuple);
  }

 private:
  struct Decorate {
    std::string id, subprotocol;
    void operator()(websocket::response_type& response) const {
      response.set(field::server, "");  // or Beast writes its own name
      response.set("x-request-id", id);
      if (!subprotocol.empty()) response.set(field::sec_websocket_protocol, subprotocol);
    }
  };

  // As Wire::OnDeadline.
  struct OnSlow {
    std::shared_ptr<BeastWebSocket> socket;
    void operator()(const NetError& error) const {
      if (!error && socket->timer_.expiry() <= asio::steady_timer::clock_type::now())
        socket->wire_->close();
    }
  };

  static asio::awaitable<void> read(std::shared_ptr<WebSocket> keep) {
    auto& self = static_cast<BeastWebSocket&>(*keep);
    beast::flat_buffer buffer;
    auto refused = Close::normal;
    while (!self.over_ && refused == Close::normal) {
      const auto [error, size] = co_await self.stream_.async_read(buffer, kTuple);
      if (error) break;
      std::string text = beast::buffers_to_string(buffer.data());
      buffer.clear();
      if (buffer.capacity() > kKeptBuffer) buffer.shrink_to_fit();
      if (!self.stream_.got_text()) {
        refused = Close::not_text;
      } else if (!self.events_.on_text(std::move(text))) {
        refused = Close::policy;
      }
    }
    if (refused != Close::normal) {
      const std::string why = refused == Close::not_text ? "messages are JSON text" : "too much";
      const websocket::close_reason said(static_cast<websocket::close_code>(refused), why);
      co_await self.stream_.async_close(said, kTuple);
    }
    self.over_ = true;
    self.events_.on_end();
    self.events_ = {};
    self.reading_ = false;
    self.ended_.cancel();
  }

  std::shared_ptr<Wire> wire_;
  websocket::stream<Transport&, /*deflateSupported=*/false> stream_;
  asio::steady_timer timer_, ended_;
  Wire::Duration write_timeout_;
  Events events_;
  bool reading_ = false;
  bool over_ = false;
};

}  // namespace

asio::awaitable<std::shared_ptr<WebSocket>> WebSocket::accept(Exchange& exchange,
                                                              std::size_t max_message) {
  if (auto refused = refusal(exchange)) {
    co_await exchange.send(*std::move(refused));
    co_return nullptr;
  }
  auto socket = std::make_shared<BeastWebSocket>(exchange.wire(), max_message,
                                                 exchange.limits().write_timeout);
  const bool accepted = co_await socket->handshake(exchange);
  if (!accepted) co_return nullptr;
  co_return std::move(socket);
}

}  // namespace pincer
