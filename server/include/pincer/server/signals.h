// Signals as calls, on threads of their own.
#pragma once

#include <functional>
#include <memory>

namespace pincer {

// SIGTERM and SIGINT: the first asks, the second insists. While it lives, the first signal calls
// `first` and each later one calls `again`. Typically drain() and stop(). One at a time in a
// process.
class StopSignals {
 public:
  StopSignals(std::function<void()> first, std::function<void()> again);
  ~StopSignals();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// SIGHUP and SIGUSR1, one after another and each time: to read the configuration again, and to open
// logs again. One at a time in a process.
class ReloadSignals {
 public:
  ReloadSignals(std::function<void()> hangup, std::function<void()> user1);
  ~ReloadSignals();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pincer
