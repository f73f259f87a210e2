// What the live trace costs: the same work by an engine whose trace nobody watches and by one whose
// trace is watched, in turns. `share` is the median over the pairs of (watched / unwatched - 1).
//
//   PINCER_TEST_MODEL=model.gguf trace_cost_bench --benchmark_min_time=20
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "pincer/engine/engine.h"
#include "pincer/engine/loaded_model.h"
#include "pincer/engine/speed.h"
#include "pincer/engine/step_trace.h"

namespace pincer {
namespace {

std::unique_ptr<Engine> start(const LoadedModel& model) {
  EngineOptions options;
  options.threads = 1;
  options.context = 2048;
  options.speculation = Speculation::off;
  options.prefix_cache = false;
  auto engine = Engine::start(model.model, options);
  if (!engine) throw std::runtime_error(engine.error().message);
  return std::move(*engine);
}

double seconds(Engine& engine, int prompt, int tokens) {
  GenerationRequest request;
  for (int i = 0; i < prompt; ++i) request.prompt.push_back(100 + i * 7 % 1000);
  request.sampling.temperature = 0;
  request.max_tokens = tokens;
  request.ignore_end = true;
  request.stream = std::make_shared<TokenStream>();
  const auto stream = request.stream;
  const auto begin = std::chrono::steady_clock::now();
  if (auto submitted = engine.submit(std::move(request)); !submitted)
    throw std::runtime_error(submitted.error().message);
  while (!stream->wait().finish) {
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void trace_cost(benchmark::State& state) {
  const char* file = std::getenv("PINCER_TEST_MODEL");
  if (file == nullptr) return state.SkipWithError("PINCER_TEST_MODEL is not set");
  LoadOptions options;
  options.pool_dir = std::filesystem::path(file).parent_path().parent_path() / "pool";
  auto model = load_model(file, options);
  if (!model) return state.SkipWithError(model.error().message.c_str());
  const auto unwatched = start(*model), watched = start(*model);
  watched->trace().watch_always();
  const int prompt = static_cast<int>(state.range(0)), tokens = static_cast<int>(state.range(1));
  for (Engine* engine : {unwatched.get(), watched.get()}) seconds(*engine, prompt, tokens);
  std::vector<double> shares, without;
  bool first = false;
  for (auto _ : state) {
    double off = 0, on = 0;
    first = !first;
    if (first) off = seconds(*unwatched, prompt, tokens);
    on = seconds(*watched, prompt, tokens);
    if (!first) off = seconds(*unwatched, prompt, tokens);
    shares.push_back(on / off - 1);
    without.push_back(off);
  }
  state.counters["pairs"] = static_cast<double>(shares.size());
  state.counters["share"] = median(shares);
  state.counters["unwatched_ms"] = median(without) * 1e3;
  state.counters["steps"] = static_cast<double>(watched->trace().end());
}
BENCHMARK(trace_cost)->Name("decode_64")->Args({8, 64})->UseRealTime();
BENCHMARK(trace_cost)->Name("prefill_512")->Args({512, 1})->UseRealTime();

// One step of a model of 30 layers without anything else: what a step is longer by.
void trace_of_a_step(benchmark::State& state) {
  TraceShape shape;
  shape.layers = 30;
  StepTrace trace(shape);
  trace.watch_always();
  LayerTrace cells(30);
  for (auto _ : state) {
    cells.clear();
    PhaseTimer timer(&cells);
    for (int layer = 0; layer < 30; ++layer) {
      for (int p = 0; p + 1 < kPhases; ++p) timer.done(layer, static_cast<Phase>(p));
    }
    timer.done(30, Phase::head);
    trace.write({}, cells.cells());
  }
}
BENCHMARK(trace_of_a_step);

}  // namespace
}  // namespace pincer
