#include "server/service/watchdog.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace pincer {

Watchdog::Watchdog(const ServiceManager& manager, std::function<bool()> alive)
    : manager_(manager), alive_(std::move(alive)) {
  const auto interval = manager.watchdog();
  if (interval) thread_ = std::thread([this, pause = *interval / 2] { run(pause); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::run(std::chrono::microseconds pause) {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, pause, [this] { return stop_; })) {
    if (alive_()) {
      manager_.notify("WATCHDOG=1");
    } else {
      spdlog::error("watchdog: no progress since the last look; the service manager is not told");
    }
  }
}

}  // namespace pincer
