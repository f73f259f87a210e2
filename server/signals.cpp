#include "pincer/server/signals.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>
#include <utility>

namespace pincer {
namespace {

namespace asio = boost::asio;

// Calls `on_signal` for each of two signals, until it is destroyed.
class SignalThread {
 public:
  SignalThread(int one, int other, std::function<void(int)> on_signal)
      : on_signal_(std::move(on_signal)), signals_(io_, one, other) {
    wait();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~SignalThread() {
    io_.stop();
    thread_.join();
  }
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  void wait() {
    signals_.async_wait([this](const boost::system::error_code& failed, int number) {
      if (failed) return;
      on_signal_(number);
      wait();
    });
  }

  std::function<void(int)> on_signal_;
  asio::io_context io_{1};
  asio::signal_set signals_;
  std::thread thread_;
};

}  // namespace

struct StopSignals::Impl {
  Impl(std::function<void()> first_call, std::function<void()> again_call)
      : first(std::move(first_call)), again(std::move(again_call)) {}

  std::function<void()> first, again;
  bool seen = false;
  SignalThread thread{SIGTERM, SIGINT,
                      [this](int) { (std::exchange(seen, true) ? again : first)(); }};
};

StopSignals::StopSignals(std::function<void()> first, std::function<void()> again)
    : impl_(std::make_unique<Impl>(std::move(first), std::move(again))) {}

StopSignals::~StopSignals() = default;

struct ReloadSignals::Impl {
  Impl(std::function<void()> hangup_call, std::function<void()> user1_call)
      : hangup(std::move(hangup_call)), user1(std::move(user1_call)) {}

  std::function<void()> hangup, user1;
  SignalThread thread{SIGHUP, SIGUSR1,
                      [this](int number) { (number == SIGHUP ? hangup : user1)(); }};
};

ReloadSignals::ReloadSignals(std::function<void()> hangup, std::function<void()> user1)
    : impl_(std::make_unique<Impl>(std::move(hangup), std::move(user1))) {}

ReloadSignals::~ReloadSignals() = default;

}  // namespace pincer
