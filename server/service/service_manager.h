// What a service manager such as systemd and this process tell each other: sd_notify(3),
// sd_listen_fds(3) and the watchdog, spoken directly, because each is a few lines.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pincer {

// Immutable; notify() is thread-safe.
class ServiceManager {
 public:
  // From the environment's NOTIFY_SOCKET and WATCHDOG_USEC, where they are meant for this process.
  // Without them notify() does nothing.
  static ServiceManager from_environment();

  // "READY=1", "STOPPING=1", ... Never waits; what cannot be sent is lost.
  void notify(std::string_view state) const;
  // The state that begins a reload, with the time that Type=notify-reload wants.
  void notify_reloading() const;
  // How often "WATCHDOG=1" is expected at least; nothing where it is not.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

 private:
  std::string socket_;  // a path, or an abstract name after '@'; empty: none
  std::optional<std::chrono::microseconds> watchdog_;
};

// The listening sockets that were opened for this process before it started. They are taken over:
// a second call, and child processes, find none.
std::vector<int> take_passed_sockets();

}  // namespace pincer
