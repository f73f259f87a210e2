#include "server/cli/model_bench.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "pincer/kernels/limits.h"
#include "pincer/kernels/measure/machine.h"
#include "server/cli/progress.h"

namespace pincer {
namespace {

std::string kernel_names(const Model& model, const KvChoice& kv) {
  const kernels::KernelTable& k = model.kernels;
  const KvFormat format = kv.format.value_or(model.kv_format());
  const std::string_view attention = format == KvFormat::s8    ? k.attention_s8->name
                                     : format == KvFormat::f16 ? k.attention_f16->name
                                                               : k.attention->name;
  return fmt::format("{}, {}, {}, {}", k.s8.gemm->name, k.s8.gemv->name, attention,
                     k.elementwise->name);
}

// Of what was measured so far; a limit that was measured twice counts with its larger value.
void read_limits(const Model& model, const std::vector<int>& threads,
                 kernels::measure::Limits& limits, BenchReport& report) {
  const std::int64_t memory = kernels::measure::cold_bytes(kernels::measure::data_caches());
  report.weight_bytes = model.weight_bytes();
  for (const int t : threads) {
    report.limits[t] = {limits.read_gb_s(memory, t),
                        limits.read_gb_s(std::min(memory, report.weight_bytes), t),
                        limits.int8_gmac_s(model.isa, t)};
  }
}

Result<BenchRow> measure(const LoadedModel& loaded, const NamedTest& named, bool layers) {
  const Model& model = *loaded.model;
  SpeedTest test = named.test;
  LayerTrace trace(model.config.layers);
  if (layers) test.trace = &trace;
  auto result = measure_speed(model, test);
  if (!result) return result.error();
  BenchRow row;
  row.model = loaded.name;
  row.name = named.name;
  row.threads = test.threads;
  row.batch = test.batch;
  row.depth = test.depth;
  row.beyond_context = test.context() > model.config.context;
  row.speed = std::move(*result);
  if (layers) row.layers = trace.cells();
  return row;
}

}  // namespace

std::vector<NamedTest> model_tests(const ModelBenchFlags& flags) {
  using Kind = SpeedTest::Kind;
  const std::string depth = flags.depth > 0 ? fmt::format("@d{}", flags.depth) : "";
  std::vector<NamedTest> tests;
  const auto add = [&](std::string name, Kind kind, int tokens, int batch, int before) {
    NamedTest named{std::move(name), {}};
    named.test.kind = kind;
    named.test.tokens = tokens;
    named.test.batch = batch;
    named.test.depth = before;
    named.test.repetitions = flags.repetitions;
    named.test.kv = flags.kv;
    named.test.beyond_context = true;
    tests.push_back(std::move(named));
  };
  for (const int p : flags.prompts) {
    if (p > 0) add(fmt::format("pp{}{}", p, depth), Kind::prefill, p, 1, flags.depth);
  }
  for (const int n : flags.generations) {
    if (n > 0) add(fmt::format("tg{}{}", n, depth), Kind::decode, n, 1, flags.depth);
  }
  for (const int b : flags.batches) {
    if (b > 1)
      add(fmt::format("batch{}", b), Kind::decode, flags.batch_generate, b, flags.batch_prompt);
  }
  return tests;
}

Result<BenchReport> run_model_bench(const LoadedModel& model, const ModelBenchFlags& flags) {
  BenchReport report;
  report.cpu = kernels::cpu_description();
  report.date = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));
  report.kernels = kernel_names(*model.model, flags.kv);
  report.weights = name(flags.weights);
  report.context = model.model->config.context;
  kernels::measure::Limits limits;
  read_limits(*model.model, flags.threads, limits, report);
  const std::vector<NamedTest> tests = model_tests(flags);
  Progress progress("measuring " + model.name, Progress::Unit::cases);
  const auto total = static_cast<std::int64_t>(tests.size() * flags.threads.size());
  for (const int threads : flags.threads) {
    for (NamedTest named : tests) {
      progress.update(static_cast<std::int64_t>(report.rows.size()), total);
      named.test.threads = threads;
      auto row = measure(model, named, flags.layers);
      if (!row) return row.error();
      report.rows.push_back(std::move(*row));
    }
  }
  // Again, so that what disturbed the first measurement does not make the tests look good.
  limits.refresh();
  read_limits(*model.model, flags.threads, limits, report);
  return report;
}

}  // namespace pincer
