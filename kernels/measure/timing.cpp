#include "pincer/kernels/measure/timing.h"

#include <algorithm>
#include <chrono>

#include "kernels/limits/team.h"

namespace pincer::kernels::measure {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSampleSeconds = 0.001;

class Timer {
 public:
  Timer(Workload& workload, detail::Team& team) : workload_(workload), team_(team) {}

  // Seconds of `turns` operations, from the common start to the last end.
  double lap(std::int64_t turns, bool quantize) {
    double seconds = 0;
    team_.run([&](int thread) {
      team_.meet();
      const auto start = Clock::now();
      for (std::int64_t i = 0; i < turns; ++i) {
        if (quantize) {
          workload_.quantize(thread);
          team_.meet();
        }
        workload_.run(turn_ + i, thread);
        team_.meet();
      }
      if (thread == 0) seconds = std::chrono::duration<double>(Clock::now() - start).count();
    });
    turn_ += turns;
    return seconds;
  }

  std::vector<double> samples(double seconds, bool quantize, const std::atomic<bool>& stop) {
    std::int64_t turns = 1;
    double last = lap(turns, quantize);
    for (; last < kSampleSeconds && !stop; last = lap(turns, quantize)) turns *= 2;
    std::vector<double> ns;
    for (double total = 0; !stop && (total < seconds || ns.empty());) {
      const double lapped = lap(turns, quantize);
      ns.push_back(lapped / static_cast<double>(turns) * 1e9);
      total += lapped;
    }
    return ns;
  }

 private:
  Workload& workload_;
  detail::Team& team_;
  std::int64_t turn_ = 0;
};

}  // namespace

Timing time_case(const Case& c, WeightStore& store, double seconds, const std::atomic<bool>& stop) {
  Timing timing;
  const std::unique_ptr<Workload> workload = c.make(c, store);
  if (!workload) {
    timing.problem = "there is no memory for its weights";
    return timing;
  }
  detail::Team team(c.threads);
  Timer timer(*workload, team);
  timer.lap(1, false);
  timing.problem = workload->problem();
  if (!timing.problem.empty()) return timing;
  timing.ns = timer.samples(c.int8() ? seconds / 2 : seconds, false, stop);
  if (c.int8()) timing.quantized_ns = timer.samples(seconds / 2, true, stop);
  return timing;
}

void Timing::add(const Timing& more) {
  ns.insert(ns.end(), more.ns.begin(), more.ns.end());
  quantized_ns.insert(quantized_ns.end(), more.quantized_ns.begin(), more.quantized_ns.end());
  if (problem.empty()) problem = more.problem;
}

Summary summarize(std::vector<double> samples) {
  std::ranges::sort(samples);
  // Linear between the two samples around the place.
  const auto quantile = [&samples](double q) {
    const double place = q * static_cast<double>(samples.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, samples.size() - 1);
    return samples[below] +
           (place - static_cast<double>(below)) * (samples[above] - samples[below]);
  };
  const double median = quantile(0.5);
  return {median, (quantile(0.75) - quantile(0.25)) / 2 / median};
}

}  // namespace pincer::kernels::measure
