// Tells the service manager that this process gets on, as long as it does.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "server/service/service_manager.h"

namespace pincer {

// While it lives, asks `alive` twice in each interval that the manager expects a sign in, on a
// thread of its own, and passes a yes on. Nothing where no sign is expected.
class Watchdog {
 public:
  Watchdog(const ServiceManager& manager, std::function<bool()> alive);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void run(std::chrono::microseconds pause);

  const ServiceManager& manager_;
  std::function<bool()> alive_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace pincer
