#include "server/service/service_manager.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "server/service/open_files.h"
#include "server/service/watchdog.h"
#include "tests/engine/support/temporary_folder.h"

namespace pincer {
namespace {

// The manager's end of NOTIFY_SOCKET.
class Manager {
 public:
  explicit Manager(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0)
      throw std::runtime_error("cannot bind " + name);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() {
    ::close(fd_);
    ::unsetenv("NOTIFY_SOCKET");
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // Empty: nothing came in time.
  std::string receive(int timeout_ms = 120'000) {
    pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, timeout_ms) != 1) return {};
    char text[256];
    const auto size = ::recv(fd_, text, sizeof text, 0);
    return {text, static_cast<std::size_t>(size)};
  }

 private:
  int fd_;
};

TEST(ServiceManager, HearsWhatItIsTold) {
  const test::TemporaryFolder folder;
  for (const std::string& name :
       {(folder.path() / "notify").string(), "@pincer-test-" + std::to_string(::getpid())}) {
    Manager manager(name);
    const auto service = ServiceManager::from_environment();
    service.notify("READY=1");
    EXPECT_EQ(manager.receive(), "READY=1") << name;
    service.notify_reloading();
    EXPECT_EQ(manager.receive().find("RELOADING=1\nMONOTONIC_USEC="), 0u) << name;
  }
}

TEST(ServiceManager, NobodyToTellIsNoError) {
  ServiceManager::from_environment().notify("READY=1");
  ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
  ServiceManager::from_environment().notify("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(ServiceManager, TheWatchdogIsForTheProcessThatItNames) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(ServiceManager::from_environment().watchdog(), std::chrono::seconds(30));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(ServiceManager::from_environment().watchdog());
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_TRUE(ServiceManager::from_environment().watchdog());
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_FALSE(ServiceManager::from_environment().watchdog());
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
}

TEST(ServiceManager, PassedSocketsAreTakenOnce) {
  ::setenv("LISTEN_FDS", "2", 1);
  ::setenv("LISTEN_PID", "1", 1);
  EXPECT_TRUE(take_passed_sockets().empty());
  ::setenv("LISTEN_FDS", "2", 1);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(take_passed_sockets(), (std::vector{3, 4}));
  EXPECT_TRUE(take_passed_sockets().empty());
}

TEST(WatchdogConcurrency, IsFedOnlyWhileThingsGetOn) {
  const test::TemporaryFolder folder;
  Manager manager((folder.path() / "notify").string());
  ::setenv("WATCHDOG_USEC", "20000", 1);
  const auto service = ServiceManager::from_environment();
  ::unsetenv("WATCHDOG_USEC");
  {
    const Watchdog watchdog(service, [] { return true; });
    EXPECT_EQ(manager.receive(), "WATCHDOG=1");
    EXPECT_EQ(manager.receive(), "WATCHDOG=1");
  }
  while (!manager.receive(0).empty()) {
  }
  const Watchdog stuck(service, [] { return false; });
  EXPECT_EQ(manager.receive(200), "");
}

TEST(OpenFiles, TheSoftLimitIsRaisedAndTheHardOneNamed) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 300;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  std::size_t connections = 100;
  EXPECT_FALSE(fit_connections(connections));
  EXPECT_EQ(connections, 100u);
  rlimit after{};
  ::getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_GE(after.rlim_cur, 356u);
  connections = std::size_t{1} << 40;
  const auto told = fit_connections(connections);
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(told);
  EXPECT_NE(told->find("1099511627776"), std::string::npos) << *told;
  EXPECT_NE(told->find("ulimit"), std::string::npos);
  EXPECT_LT(connections, before.rlim_max);
}

}  // namespace
}  // namespace pincer
