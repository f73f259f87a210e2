#include "kernels/limits/race.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <limits>
#include <thread>
#include <vector>

namespace pincer::kernels::detail {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSeconds = 0.2;
constexpr int kMinRuns = 3;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double fastest_run(int threads, const std::function<void(int)>& prepare,
                   const std::function<void(int)>& work) {
  std::barrier line(threads);
  // Written by thread 0 between two barriers, read by all after the second.
  bool done = false;
  double best = std::numeric_limits<double>::max();
  const auto lap = [&](int thread) {
    prepare(thread);
    double total = 0;
    for (int runs = 1;; ++runs) {
      line.arrive_and_wait();
      const auto start = Clock::now();
      work(thread);
      line.arrive_and_wait();
      if (thread == 0) {
        const double seconds = seconds_since(start);
        best = std::min(best, seconds);
        total += seconds;
        done = total >= kSeconds && runs >= kMinRuns;
      }
      line.arrive_and_wait();
      if (done) return;
    }
  };
  std::vector<std::jthread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(lap, thread);
  lap(0);
  others.clear();
  return best;
}

}  // namespace pincer::kernels::detail
