// Connections to one endpoint: new ones, and those that were kept.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "server/http/transport.h"
#include "server/route/route_config.h"
#include "server/upstream/endpoint.h"
#include "server/upstream/failure.h"

namespace pincer {

// One connection, used by one request at a time.
struct Connection {
  explicit Connection(Socket socket) : transport(std::move(socket)) {}
  Transport transport;
  beast::flat_buffer buffer;  // read and not yet used
  bool used_before = false;
  std::chrono::steady_clock::time_point idle_since;
};

// Closes the connection, so that what waits for it fails, when time is up.
class ConnectionDeadline {
 public:
  using Time = std::chrono::steady_clock::time_point;
  ConnectionDeadline(Socket& socket, const asio::any_io_executor& executor);
  ~ConnectionDeadline();
  void set(Time when);
  bool passed() const;

 private:
  struct State;
  static void wait(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

using Connected = std::variant<std::unique_ptr<Connection>, UpstreamFailure>;

// Thread-safe.
class Connector {
 public:
  // Errors: those of parse_endpoint; io (a ca_file that cannot be used).
  static Result<std::shared_ptr<Connector>> make(const UpstreamConfig& config);

  const Endpoint& endpoint() const { return endpoint_; }
  // One that was kept, unless `fresh`; else a new one, within the time that the configuration
  // gives. Certificates are checked, and must name the host.
  asio::awaitable<Connected> connect(bool fresh);
  // For another request; closed if there are enough already.
  void keep(std::unique_ptr<Connection> connection);

 private:
  Connector(const UpstreamConfig& config, Endpoint endpoint);
  std::unique_ptr<Connection> take();
  asio::awaitable<NetError> dial(Socket& socket);
  asio::awaitable<NetError> tunnel(Connection& connection, int& status);

  std::string name_;
  Milliseconds patience_;
  Endpoint endpoint_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> kept_;  // the one that rests longest is first
};

}  // namespace pincer
