// What it costs to share an operation among the threads of a step, which happens five times a layer
// and token: a fork and a join, with nothing done between them.
#include <benchmark/benchmark.h>

#include "engine/parallel/arena.h"

namespace pincer {
namespace {

void fork_and_join(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  Arena arena(threads);
  arena.enter([&] {
    for ([[maybe_unused]] const auto _ : state)
      arena.split(threads, 1,
                  [](std::int64_t begin, std::int64_t, int) { benchmark::DoNotOptimize(begin); });
  });
}

BENCHMARK(fork_and_join)->ArgName("threads")->Arg(1)->Arg(2)->Arg(4)->UseRealTime();

}  // namespace
}  // namespace pincer
