// What this machine multiplies and reads at best, for the figures of kernels to be compared with.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "pincer/engine/step_trace.h"

namespace pincer {

// Thread-safe. A measurement keeps all threads of an engine busy for about half a second, so it is
// made once for each kind of engine, in the background, and when `idle` says that nobody would
// notice.
class MachineLimits {
 public:
  struct Values {
    double int8_gmac_s = 0;
    double read_gb_s = 0;  // over as many bytes as the weights have, at most kernels::kMemoryBytes
  };

  ~MachineLimits();  // waits for a measurement in progress

  // Nothing while they are not measured yet.
  std::optional<Values> get(const TraceShape& shape, bool idle);

 private:
  void measure(const TraceShape& shape);

  std::mutex mutex_;
  std::map<std::pair<kernels::Isa, int>, Values> known_;  // by family and threads
  bool measuring_ = false;
  std::thread worker_;
};

}  // namespace pincer
