#include "engine/tune/competition.h"

namespace pincer {
namespace {

// So few switches say nothing, however short the time.
constexpr long kFew = 8;
constexpr double kPerSecond = 60;

rusage usage_now() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double computed_seconds(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

Competition::Competition() : start_(usage_now()) {}

bool Competition::felt() const {
  const rusage now = usage_now();
  const long switches = now.ru_nivcsw - start_.ru_nivcsw;
  const double seconds = computed_seconds(now) - computed_seconds(start_);
  return switches > kFew && static_cast<double>(switches) > kPerSecond * seconds;
}

}  // namespace pincer
