#include "kernels/limits/race.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "kernels/limits/team.h"

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
  Team team(threads);
  team.run(prepare);
  double best = std::numeric_limits<double>::max(), total = 0;
  const auto run = [&](int thread) {
    team.meet();
    const auto start = Clock::now();
    work(thread);
    team.meet();
    if (thread != 0) return;
    const double seconds = seconds_since(start);
    best = std::min(best, seconds);
    total += seconds;
  };
  for (int runs = 0; runs < kMinRuns || total < kSeconds; ++runs) team.run(run);
  return best;
}

}  // namespace pincer::kernels::detail
