// SIGTERM and SIGINT as calls: the first asks, the second insists.
#pragma once

#include <functional>
#include <memory>

namespace pincer {

// While it lives, the first signal calls `first` and each later one calls `again`, on a thread of
// its own. Typically drain() and stop(). One at a time in a process.
class StopSignals {
 public:
  StopSignals(std::function<void()> first, std::function<void()> again);
  ~StopSignals();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pincer
