// The cases of pincer/kernels/measure as Google Benchmarks, one program for each kind of kernel.
//
// Counters: GMAC/s and GB/s, and their shares, in percent, of what the threads can multiply with
// the kernel's instructions and read from where the weights are, measured in this process. Medians
// and spreads come with --benchmark_repetitions, JSON with --benchmark_out.
#pragma once

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kernels/limits/team.h"
#include "pincer/kernels/measure/case.h"
#include "pincer/kernels/measure/machine.h"

namespace pincer::kernels::measure {

inline void add_counters(benchmark::State& state, const Case& c, double seconds, Limits& limits) {
  const double per_ns = static_cast<double>(state.iterations()) / seconds * 1e-9;
  const double gb_s = static_cast<double>(c.bytes) * per_ns;
  state.counters["GB/s"] = gb_s;
  state.counters["read%"] = 100 * gb_s / limits.read_gb_s(c.working_set(), c.threads);
  if (c.macs == 0) return;
  const double gmac_s = static_cast<double>(c.macs) * per_ns;
  state.counters["GMAC/s"] = gmac_s;
  if (c.int8()) state.counters["peak%"] = 100 * gmac_s / limits.int8_gmac_s(c.isa, c.threads);
}

inline void run_case(benchmark::State& state, const Case& c, bool quantize, Limits& limits) {
  static WeightStore store;
  const std::unique_ptr<Workload> workload = c.make(c, store);
  if (!workload) return state.SkipWithError("there is no memory for its weights");
  detail::Team team(c.threads);
  const auto turn = [&](std::int64_t i, int thread) {
    if (quantize) {
      workload->quantize(thread);
      team.meet();
    }
    workload->run(i, thread);
    team.meet();
  };
  team.run([&](int thread) { turn(0, thread); });
  if (const std::string problem = workload->problem(); !problem.empty()) {
    return state.SkipWithError(problem.c_str());
  }
  const auto turns = static_cast<std::int64_t>(state.max_iterations);
  double seconds = 0;
  team.run([&](int thread) {
    std::int64_t i = 0;
    team.meet();
    const auto start = std::chrono::steady_clock::now();
    if (thread == 0) {
      for (auto _ : state) turn(++i, thread);
      seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    } else {
      while (i < turns) turn(++i, thread);
    }
  });
  add_counters(state, c, seconds, limits);
}

inline void register_case(const Case& c, Limits& limits) {
  for (const bool quantize : {false, true}) {
    if (quantize && !c.int8()) continue;
    const std::string name = c.id() + (quantize ? "/quantize" : "");
    benchmark::RegisterBenchmark(name.c_str(), [&c, &limits, quantize](benchmark::State& state) {
      run_case(state, c, quantize, limits);
    })->UseRealTime();
  }
}

// Those of the kernels whose names begin with `op`.
inline bool register_cases(const std::string& op) {
  static Limits limits;
  std::vector<int> threads = {1};
  if (const unsigned cores = std::thread::hardware_concurrency(); cores > 1) {
    threads.push_back(static_cast<int>(cores));
  }
  static const std::vector<Case> all = matching(cases(Effort::all, threads), op + "_");
  for (const std::vector<std::size_t>& group : by_weights(all)) {
    for (const std::size_t i : group) register_case(all[i], limits);
  }
  return true;
}

}  // namespace pincer::kernels::measure
