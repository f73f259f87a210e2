#include "bench/load/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace pincer::load {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

Connection::Connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)), begin_(other.begin_) {}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      fail("send");
    }
  }
}

bool Connection::receive() {
  if (begin_ > 0) {
    input_.erase(0, begin_);
    begin_ = 0;
  }
  char bytes[16384];
  for (;;) {
    const auto size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size == 0) return false;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    input_.append(bytes, static_cast<std::size_t>(size));
    if (size < static_cast<ssize_t>(sizeof bytes)) return true;
  }
}

std::optional<std::string_view> Connection::line() {
  const auto end = input_.find('\n', begin_);
  if (end == std::string::npos) return std::nullopt;
  std::string_view line = std::string_view(input_).substr(begin_, end - begin_);
  begin_ = end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void Connection::skip(std::size_t bytes) { begin_ += std::min(bytes, unread()); }

void raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::optional<double> number_after(std::string_view text, std::string_view name) {
  const auto found = text.find(name);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(found + name.size());
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

}  // namespace pincer::load
