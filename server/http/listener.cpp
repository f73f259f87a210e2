#include "server/http/listener.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/http/connection.h"
#include "server/http/use_tuple.h"

namespace pincer {
namespace {

constexpr std::size_t kMaxRefusals = 64;  // clients being told 503 at a time; more are just closed

Error cannot_listen(const ListenAddress& address, const NetError& error) {
  const bool tcp = address.path.empty();
  std::string where = tcp ? fmt::format("{}:{}", address.host, address.port) : address.path;
  std::string why = fmt::format("cannot listen on {}: {}", where, error.message());
  if (error == asio::error::address_in_use) {
    return {ErrorCode::io,
            fmt::format("{} is in use; stop the other program or choose --listen {}", where,
                        tcp ? fmt::format("{}{}:0", url_scheme(address.speech), address.host)
                            : "unix:/another/path")};
  }
  if (error == asio::error::access_denied) {
    return {ErrorCode::io,
            why + (tcp ? "; choose a port above 1023" : "; choose a folder that you may write to")};
  }
  return {ErrorCode::io, why + "; choose another --listen address"};
}

// A file that a server which is gone left behind: connecting to it is refused.
bool is_stale_socket(asio::io_context& io, const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  asio::local::stream_protocol::socket probe(io);
  NetError error;
  probe.connect(asio::local::stream_protocol::endpoint(path), error);
  return error == asio::error::connection_refused;
}

void spawn_connection(Socket socket, const std::shared_ptr<Site>& site, Speech speech,
                      bool loopback) {
  NetError ignored;
  socket.set_option(asio::ip::tcp::no_delay(true),
                    ignored);  // fails on Unix sockets, which have no delay
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  auto wire = std::make_shared<Wire>(std::move(socket));
  const auto executor = wire->executor();
  if (site->connections.add(wire, site->limits()->connections)) {
    asio::co_spawn(executor, serve_connection(wire, site, speech, loopback), asio::detached);
  } else if (speech == Speech::http && site->refused.add(wire, kMaxRefusals)) {
    asio::co_spawn(executor, refuse_connection(wire, site), asio::detached);
  }
}

}  // namespace

Listener::Listener(asio::io_context& io, Speech speech)
    : acceptor_(asio::any_io_executor(asio::make_strand(io))), speech_(speech) {}

Listener::~Listener() { close(); }

Result<std::shared_ptr<Listener>> Listener::open(asio::io_context& io, const ListenAddress& address,
                                                 mode_t mode) {
  std::shared_ptr<Listener> listener(new Listener(io, address.speech));
  if (!address.path.empty() && is_stale_socket(io, address.path)) ::unlink(address.path.c_str());
  const auto opened =
      address.path.empty() ? listener->open_tcp(address) : listener->open_unix(address, mode);
  if (!opened) return opened.error();
  return listener;
}

Result<void> Listener::open_tcp(const ListenAddress& address) {
  using asio::ip::tcp;
  NetError error;
  tcp::resolver resolver(acceptor_.get_executor());
  const auto found = resolver.resolve(address.host, fmt::format("{}", address.port),
                                      tcp::resolver::passive, error);
  if (error || found.empty()) {
    return Error{ErrorCode::io,
                 fmt::format("cannot listen on {}: the host '{}' has no address here ({}); choose "
                             "--listen http://127.0.0.1:{}",
                             address.text, address.host, error.message(), address.port)};
  }
  tcp::endpoint endpoint = found.begin()->endpoint();
  for (const auto& entry : found) {
    // "localhost" has two addresses: what most clients try first.
    if (entry.endpoint().address().is_v4()) {
      endpoint = entry.endpoint();
      break;
    }
  }
  if (auto bound = bind(Protocol::endpoint(endpoint.data(), endpoint.size()), address, 0); !bound)
    return bound;

  name_tcp(acceptor_.local_endpoint(error));
  return {};
}

void Listener::name_tcp(const Protocol::endpoint& local) {
  asio::ip::tcp::endpoint endpoint;
  endpoint.resize(local.size());
  std::memcpy(endpoint.data(), local.data(), local.size());
  loopback_ = endpoint.address().is_loopback();
  const std::string host = endpoint.address().to_string();
  bound_ = fmt::format(fmt::runtime(endpoint.address().is_v6() ? "{}[{}]:{}" : "{}{}:{}"),
                       url_scheme(speech_), host, endpoint.port());
}

Result<std::shared_ptr<Listener>> Listener::adopt(asio::io_context& io, int socket) {
  std::shared_ptr<Listener> listener(new Listener(io, Speech::http));
  int family = 0, listens = 0;
  socklen_t size = sizeof family;
  const bool asked = ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 &&
                     ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
  NetError error;
  if (asked && listens != 0) listener->acceptor_.assign(Protocol(family, 0), socket, error);
  if (!asked || listens == 0 || error) {
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("file descriptor {}, which the service manager passed on, is no socket "
                    "that listens; check the .socket unit (ListenStream=, Accept=no)",
                    socket)};
  }
  const Protocol::endpoint local = listener->acceptor_.local_endpoint(error);
  if (family == AF_UNIX) {
    const auto* address = reinterpret_cast<const sockaddr_un*>(local.data());
    listener->bound_ = fmt::format("unix:{}", address->sun_path);
  } else {
    listener->name_tcp(local);
  }
  return listener;
}

Result<void> Listener::open_unix(const ListenAddress& address, mode_t mode) {
  const asio::local::stream_protocol::endpoint endpoint(address.path);
  if (auto bound = bind(Protocol::endpoint(endpoint.data(), endpoint.size()), address, mode);
      !bound)
    return bound;
  struct stat status{};
  if (::lstat(address.path.c_str(), &status) == 0) {
    unlink_path_ = address.path;
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
  bound_ = (speech_ == Speech::framed ? "tcp+unix:" : "unix:") + address.path;
  return {};
}

Result<void> Listener::bind(const Protocol::endpoint& endpoint, const ListenAddress& address,
                            mode_t mode) {
  NetError error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error && address.path.empty())
    acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  // Before anybody can connect.
  if (!error && mode != 0 && ::chmod(address.path.c_str(), mode) != 0)
    error.assign(errno, boost::system::system_category());
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(address, error);
  return {};
}

asio::awaitable<void> Listener::run(std::shared_ptr<Listener> listener, asio::io_context& io,
                                    std::shared_ptr<Site> site) {
  while (listener->acceptor_.is_open()) {
    asio::any_io_executor strand = asio::make_strand(io);
    auto [error, socket] = co_await listener->acceptor_.async_accept(strand, kTuple);
    if (!error) {
      spawn_connection(std::move(socket), site, listener->speech_, listener->loopback_);
      continue;
    }
    if (!listener->acceptor_.is_open()) break;
    // Such as too many open files: others must close theirs first.
    spdlog::warn("cannot accept on {}: {}", listener->bound_, error.message());
    asio::steady_timer pause(listener->executor(), std::chrono::milliseconds(100));
    co_await pause.async_wait(kTuple);
  }
}

void Listener::close() {
  NetError ignored;
  acceptor_.close(ignored);
  struct stat status{};
  const bool ours = !unlink_path_.empty() && ::lstat(unlink_path_.c_str(), &status) == 0 &&
                    status.st_dev == device_ && status.st_ino == inode_;
  if (ours) ::unlink(unlink_path_.c_str());
  unlink_path_.clear();
}

}  // namespace pincer
