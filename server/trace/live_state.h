// What the server does at this moment, as JSON: what the dashboard's gauges show.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "pincer/server/models.h"
#include "server/http/site.h"

namespace pincer {

// Thread-safe. Not for an I/O thread: what the models have resident is read from /proc. However
// many watch, that happens at most about twice a second.
class LiveState {
 public:
  LiveState(const Site& site, const Models& models) : site_(site), models_(models) {}

  std::string json();

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kFresh{400};

  std::string make() const;

  const Site& site_;
  const Models& models_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  std::string last_;
  Clock::time_point made_;
};

}  // namespace pincer
