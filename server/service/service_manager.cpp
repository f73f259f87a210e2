#include "server/service/service_manager.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace pincer {
namespace {

constexpr int kFirstSocket = 3;  // SD_LISTEN_FDS_START
constexpr int kMostSockets = 256;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

std::optional<long long> number(const char* name) {
  const std::string_view text = variable(name);
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  const std::string_view socket = variable("NOTIFY_SOCKET");
  const bool has_form = socket.starts_with('/') || socket.starts_with('@');
  if (has_form && socket.size() < sizeof(sockaddr_un::sun_path)) manager.socket_ = socket;
  const auto interval = number("WATCHDOG_USEC");
  const auto whose = number("WATCHDOG_PID");
  if (interval && *interval > 0 && (!whose || *whose == ::getpid()))
    manager.watchdog_ = std::chrono::microseconds(*interval);
  return manager;
}

void ServiceManager::notify(std::string_view state) const {
  if (socket_.empty()) return;
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

void ServiceManager::notify_reloading() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                     std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
}

std::vector<int> take_passed_sockets() {
  const auto whose = number("LISTEN_PID"), count = number("LISTEN_FDS");
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  std::vector<int> sockets;
  if (!whose || *whose != ::getpid() || !count || *count < 0 || *count > kMostSockets)
    return sockets;
  for (int fd = kFirstSocket; fd < kFirstSocket + static_cast<int>(*count); ++fd) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    sockets.push_back(fd);
  }
  return sockets;
}

}  // namespace pincer
