#include "pincer/server/signals.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>
#include <utility>

namespace pincer {
namespace asio = boost::asio;

struct StopSignals::Impl {
  Impl(std::function<void()> first_call, std::function<void()> again_call)
      : first(std::move(first_call)), again(std::move(again_call)) {}

  void wait() {
    signals.async_wait([this](const boost::system::error_code& failed, int) {
      if (failed) return;
      (std::exchange(seen, true) ? again : first)();
      wait();
    });
  }

  std::function<void()> first, again;
  bool seen = false;
  asio::io_context io{1};
  asio::signal_set signals{io, SIGTERM, SIGINT};
  std::thread thread;
};

StopSignals::StopSignals(std::function<void()> first, std::function<void()> again)
    : impl_(std::make_unique<Impl>(std::move(first), std::move(again))) {
  impl_->wait();
  impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
}

StopSignals::~StopSignals() {
  impl_->io.stop();
  impl_->thread.join();
}

}  // namespace pincer
