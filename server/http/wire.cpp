#include "server/http/wire.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <functional>
#include <utility>

#include "server/http/transport.h"
#include "server/http/use_tuple.h"

namespace pincer {
namespace {

constexpr std::size_t kReadBytes = 16 << 10;
// What a parser may ask to see at once (a header block is bounded by its own limit; this bounds a
// chunk header).
constexpr std::size_t kMaxUnparsed = 128 << 10;

// Writes in a row without a turn of the loop: a client that pipelines holds nobody up for longer.
constexpr int kMostAtOnce = 16;

NetError after_wait(const NetError& error, bool timed_out) {
  return timed_out ? asio::error::timed_out : error;
}

}  // namespace

// Re-arming or disarming while this waits in the executor's queue moves the expiry, which is how it
// sees that it is stale.
struct Wire::OnDeadline {
  std::shared_ptr<Wire> wire;
  void operator()(const NetError& error) const {
    if (error || wire->timer_.expiry() > asio::steady_timer::clock_type::now()) return;
    wire->timed_out_ = true;
    wire->cancel();
  }
};

Wire::Wire(Socket socket)
    : transport_(std::make_unique<Transport>(std::move(socket))),
      timer_(transport_->get_executor()) {}

Wire::~Wire() = default;

bool Wire::is_tls() const { return transport_->is_tls(); }

Protocol::endpoint Wire::peer(NetError& error) const {
  return transport_->socket().remote_endpoint(error);
}

void Wire::arm(Duration limit) {
  timed_out_ = false;
  timer_.expires_after(limit);
  timer_.async_wait(OnDeadline{shared_from_this()});
}

void Wire::disarm() {
  timed_out_ = false;
  timer_.expires_at(asio::steady_timer::time_point::max());
}

asio::awaitable<NetError> Wire::read_some() {
  if (timed_out_) co_return asio::error::timed_out;
  if (input_ended_) co_return asio::error::eof;
  // Memory is taken once there is something to read: most connections wait most of the time. (Not
  // under TLS, which may hold back what the socket has given it already.)
  if (input_.size() == 0 && !is_tls()) {
    input_.shrink_to_fit();
    const auto [waited] =
        co_await transport_->socket().async_wait(asio::socket_base::wait_read, kTuple);
    if (waited || timed_out_) co_return after_wait(waited, timed_out_);
  }
  const auto space = input_.prepare(kReadBytes);
  const auto [error, size] = co_await transport_->async_read_some(space, kTuple);
  input_.commit(size);
  if (error && error != asio::error::operation_aborted) input_ended_ = true;
  co_return after_wait(error, timed_out_);
}

asio::awaitable<NetError> Wire::read_more(Duration limit) {
  arm(limit);
  const NetError error = co_await read_some();
  disarm();
  co_return error;
}

asio::awaitable<NetError> Wire::parse(beast::http::basic_parser<true>& parser, Part part,
                                      Duration limit) {
  namespace http = beast::http;
  parser.eager(part == Part::all);
  arm(limit);
  NetError error;
  while (!error && !(part == Part::header ? parser.is_header_done() : parser.is_done())) {
    if (input_.size() > 0) {
      const std::size_t used = parser.put(input_.data(), error);
      input_.consume(used);
      if (error && error != http::error::need_more) break;
      if (!error && used > 0) continue;
    }
    error = input_.size() > kMaxUnparsed ? http::make_error_code(http::error::header_limit)
                                         : co_await read_some();
  }
  disarm();
  co_return error;
}

asio::awaitable<NetError> Wire::write(std::string bytes, Duration limit) {
  // Mostly the socket has room: neither a deadline nor a turn of the loop is needed then.
  std::size_t sent = 0;
  if (++written_at_once_ <= kMostAtOnce) {
    sent = transport_->write_now(bytes);
    if (sent == bytes.size()) co_return NetError{};
  }
  written_at_once_ = 0;
  arm(limit);
  NetError error;
  while (!error && sent < bytes.size()) {
    const auto rest = asio::buffer(bytes) + sent;
    const auto [failed, size] =
        co_await transport_->async_write_some(asio::const_buffer(rest), kTuple);
    sent += size;
    error = after_wait(failed, timed_out_);
  }
  disarm();
  co_return sent == bytes.size() ? NetError{} : error;
}

asio::awaitable<NetError> Wire::peek(char& first, Duration limit) {
  arm(limit);
  const auto [error, size] = co_await transport_->socket().async_receive(
      asio::buffer(&first, 1), asio::socket_base::message_peek, kTuple);
  const NetError result = after_wait(error, timed_out_);
  disarm();
  co_return result;
}

asio::awaitable<NetError> Wire::handshake(std::shared_ptr<asio::ssl::context> context,
                                          Duration limit) {
  arm(limit);
  const NetError error = co_await transport_->handshake(*context);
  const NetError result = after_wait(error, timed_out_);
  disarm();
  co_return result;
}

asio::awaitable<void> Wire::linger(Duration limit) {
  NetError error;
  arm(limit);
  co_await transport_->close_notify();
  transport_->socket().shutdown(Socket::shutdown_send, error);
  // Below TLS, which is over.
  while (!error && !timed_out_ && !input_ended_) {
    input_.clear();
    const auto [failed, size] =
        co_await transport_->socket().async_read_some(input_.prepare(kReadBytes), kTuple);
    error = failed;
  }
  disarm();
}

void Wire::cancel() {
  NetError ignored;
  transport_->socket().cancel(ignored);
}

void Wire::close() {
  NetError ignored;
  transport_->socket().close(ignored);
}

void Wire::close_soon() {
  asio::post(executor(), std::bind_front(&Wire::close, shared_from_this()));
}

}  // namespace pincer
