#include "server/upstream/connector.h"

#include <fmt/format.h>
#include <netinet/tcp.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "server/http/use_tuple.h"

namespace pincer {
namespace {

namespace http = beast::http;
using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostKept = 16;
constexpr std::chrono::seconds kLongestRest{30};  // servers and boxes on the way forget it then

UpstreamFailure no_connection(const std::string& name, const std::string& why) {
  return {.kind = FailureClass::connect, .message = fmt::format("upstream '{}': {}", name, why)};
}

}  // namespace

struct ConnectionDeadline::State {
  State(Socket& with, const asio::any_io_executor& executor) : socket(&with), timer(executor) {}
  Socket* socket;  // null: nobody waits any more
  asio::steady_timer timer;
  Time when = Time::max();
  bool passed = false;
};

ConnectionDeadline::ConnectionDeadline(Socket& socket, const asio::any_io_executor& executor)
    : state_(std::make_shared<State>(socket, executor)) {}

ConnectionDeadline::~ConnectionDeadline() {
  state_->socket = nullptr;
  state_->timer.cancel();
}

// It moves with each piece that comes: a timer that waits for an earlier moment is left alone, and
// set again when it fires.
void ConnectionDeadline::set(Time when) {
  const bool waits = state_->when != Time::max() && state_->timer.expiry() <= when;
  state_->when = when;
  if (!waits && when != Time::max()) wait(state_);
}

void ConnectionDeadline::wait(const std::shared_ptr<State>& state) {
  state->timer.expires_at(state->when);
  state->timer.async_wait([state](const NetError& error) {
    if (error || state->socket == nullptr || state->when == Time::max()) return;
    if (state->when > Clock::now()) return wait(state);
    state->passed = true;
    NetError ignored;
    state->socket->close(ignored);
  });
}

bool ConnectionDeadline::passed() const { return state_->passed; }

Connector::Connector(const UpstreamConfig& config, Endpoint endpoint)
    : name_(config.name), patience_(config.timeouts.connect), endpoint_(std::move(endpoint)) {}

Result<std::shared_ptr<Connector>> Connector::make(const UpstreamConfig& config) {
  auto endpoint = parse_endpoint(config);
  if (!endpoint) return endpoint.error();
  std::shared_ptr<Connector> connector(new Connector(config, *std::move(endpoint)));
  if (!connector->endpoint_.tls) return connector;
  NetError error;
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  if (config.ca_file.empty()) {
    tls->set_default_verify_paths(error);
  } else {
    tls->load_verify_file(config.ca_file, error);
  }
  if (error) {
    return Error{ErrorCode::io, fmt::format("upstream '{}': cannot use the certificates in {}: {}",
                                            config.name, config.ca_file, error.message())};
  }
  connector->tls_ = std::move(tls);
  return connector;
}

std::unique_ptr<Connection> Connector::take() {
  const std::lock_guard lock(mutex_);
  const auto oldest = Clock::now() - kLongestRest;
  std::erase_if(kept_, [oldest](const auto& kept) { return kept->idle_since < oldest; });
  if (kept_.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(kept_.back());
  kept_.pop_back();
  return connection;
}

void Connector::keep(std::unique_ptr<Connection> connection) {
  connection->used_before = true;
  connection->idle_since = Clock::now();
  const std::lock_guard lock(mutex_);
  if (kept_.size() == kMostKept) kept_.erase(kept_.begin());
  kept_.push_back(std::move(connection));
}

asio::awaitable<NetError> Connector::dial(Socket& socket) {
  if (!endpoint_.unix_path.empty()) {
    const asio::local::stream_protocol::endpoint path(endpoint_.unix_path);
    const auto [error] = co_await socket.async_connect(Protocol::endpoint(path), kTuple);
    co_return error;
  }
  const bool proxied = !endpoint_.proxy_host.empty();
  asio::ip::tcp::resolver resolver(socket.get_executor());
  auto [failed, found] =
      co_await resolver.async_resolve(proxied ? endpoint_.proxy_host : endpoint_.host,
                                      proxied ? endpoint_.proxy_port : endpoint_.port, kTuple);
  NetError last = failed ? failed : asio::error::host_not_found;
  for (const auto& entry : found) {
    NetError ignored;
    if (socket.is_open()) socket.close(ignored);
    const auto [error] =
        co_await socket.async_connect(Protocol::endpoint(entry.endpoint()), kTuple);
    last = error;
    if (last) continue;
    const int on = 1;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    break;
  }
  co_return last;
}

// Through an HTTP proxy to a TLS server: CONNECT.
asio::awaitable<NetError> Connector::tunnel(Connection& connection, int& status) {
  const std::string target = endpoint_.host + ":" + endpoint_.port;
  const std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", target);
  const auto [failed, written] =
      co_await asio::async_write(connection.transport, asio::buffer(request), kTuple);
  if (failed) co_return failed;
  http::response_parser<http::empty_body> parser;
  parser.skip(true);
  const auto [error, size] =
      co_await http::async_read_header(connection.transport, connection.buffer, parser, kTuple);
  status = static_cast<int>(parser.get().result_int());
  if (!error && status != 200) co_return asio::error::connection_refused;
  co_return error;
}

asio::awaitable<Connected> Connector::connect(bool fresh) {
  if (!fresh) {
    if (auto kept = take()) co_return kept;
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto connection = std::make_unique<Connection>(Socket(executor));
  ConnectionDeadline deadline(connection->transport.socket(), executor);
  deadline.set(Clock::now() + patience_);
  NetError error = co_await dial(connection->transport.socket());
  int proxy_status = 200;
  if (!error && endpoint_.tls && !endpoint_.proxy_host.empty())
    error = co_await tunnel(*connection, proxy_status);
  if (!error && endpoint_.tls)
    error = co_await connection->transport.handshake_as_client(*tls_, endpoint_.host);
  if (deadline.passed())
    co_return no_connection(name_, fmt::format("no connection within {} ms", patience_.count()));
  if (proxy_status != 200)
    co_return no_connection(name_, fmt::format("the proxy answers {}", proxy_status));
  if (error) co_return no_connection(name_, error.message());
  co_return connection;
}

}  // namespace pincer
