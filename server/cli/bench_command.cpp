// pincer bench: tokens a second, beside what this machine can read and multiply, measured in the
// same run; with --kernels, the same of each kernel.
#include <fmt/format.h>

#include "pincer/engine/speed.h"
#include "pincer/kernels/limits.h"
#include "server/cli/bench_report.h"
#include "server/cli/command.h"
#include "server/cli/kernel_bench.h"

namespace pincer {
namespace {

struct BenchFlags {
  std::string model, format = "md";
  std::vector<int> prompts = {512}, generations = {128}, batches = {1}, threads;
  int repetitions = 5;
  WeightFormat weights = kDefaultWeights;
  bool layers = false;
  bool kernels = false, quick = false, all = false, json = false;
  std::string filter;
};

std::string kernel_names(const Model& model) {
  const kernels::KernelTable& k = model.kernels;
  const std::string_view attention =
      model.kv_format() == KvFormat::s8 ? k.attention_s8->name : k.attention->name;
  return fmt::format("{}, {}, {}, {}", k.s8.gemm->name, k.s8.gemv->name, attention,
                     k.elementwise->name);
}

void add_limits(BenchReport& report, int threads) {
  if (report.read_gb_s.contains(threads)) return;
  report.read_gb_s[threads] = kernels::measure_read_gb_s(kernels::kMemoryBytes, threads);
  report.int8_gmac_s[threads] = kernels::measure_int8_gmac_s(kernels::isa_choice().isa, threads);
}

Result<void> add_row(const LoadedModel& model, const std::string& name, SpeedTest test,
                     const BenchFlags& flags, BenchReport& report) {
  LayerTrace trace(model.model->config.layers);
  if (flags.layers) test.trace = &trace;
  auto result = measure_speed(*model.model, test);
  if (!result) return result.error();
  BenchRow row{model.name, name, test.threads, result->tokens_per_s};
  const double seconds = static_cast<double>(result->tokens) / median(result->tokens_per_s);
  row.gb_s = static_cast<double>(result->weight_bytes) * 1e-9 / seconds;
  row.gmac_s = static_cast<double>(result->macs) * 1e-9 / seconds;
  row.share_of_read = row.gb_s / report.read_gb_s[test.threads];
  row.share_of_int8_peak = row.gmac_s / report.int8_gmac_s[test.threads];
  report.rows.push_back(std::move(row));
  if (flags.layers)
    fmt::print("{}, {} threads: microseconds a step, by layer and phase\n\n{}\n", name,
               test.threads, layer_table(trace));
  return {};
}

int run_kernels(const BenchFlags& flags) {
  using kernels::measure::Effort;
  const Effort effort = flags.quick ? Effort::quick : flags.all ? Effort::all : Effort::usual;
  return run_kernel_bench({flags.filter, flags.format, flags.threads, effort});
}

int run(BenchFlags flags) {
  if (flags.json) flags.format = "json";
  if (flags.threads.empty()) {
    flags.threads = {1};
    if (const int all = default_threads(); all > 1) flags.threads.push_back(all);
  }
  if (flags.kernels) return run_kernels(flags);
  auto model = open_model({flags.model, false, 0, flags.weights});
  if (!model) return fail(model.error());
  BenchReport report;
  report.cpu = kernels::cpu_description();
  report.kernels = kernel_names(*model->model);
  using Kind = SpeedTest::Kind;
  for (const int threads : flags.threads) {
    add_limits(report, threads);
    std::vector<std::pair<std::string, SpeedTest>> tests;
    for (const int p : flags.prompts) {
      if (p > 0)
        tests.push_back(
            {fmt::format("pp{}", p), {Kind::prefill, p, 1, threads, flags.repetitions}});
    }
    for (const int n : flags.generations) {
      if (n <= 0) continue;
      for (const int b : flags.batches) {
        tests.push_back({b == 1 ? fmt::format("tg{}", n) : fmt::format("batch{}", b),
                         {Kind::decode, n, b, threads, flags.repetitions}});
      }
    }
    for (const auto& [name, test] : tests) {
      if (auto added = add_row(*model, name, test, flags, report); !added)
        return fail(added.error());
    }
  }
  fmt::print("{}", flags.format == "json"  ? to_json(report)
                   : flags.format == "csv" ? to_csv(report)
                                           : to_markdown(report));
  return kOk;
}

void add_model_options(CLI::App& sub, BenchFlags& flags) {
  sub.add_option("model", flags.model,
                 "a catalogue name, or a .gguf file; without one, the default model");
  sub.add_option("-p,--prompt", flags.prompts, "prompt lengths; 0: none")
      ->delimiter(',')
      ->check(CLI::Range(0, 1 << 24));
  sub.add_option("-n,--generate", flags.generations, "tokens to generate; 0: none")
      ->delimiter(',')
      ->check(CLI::Range(0, 1 << 24));
  sub.add_option("-b,--batch", flags.batches, "sequences that are decoded at once")
      ->delimiter(',')
      ->check(CLI::Range(1, 512));
  sub.add_option("-r,--repetitions", flags.repetitions, "samples of each test")
      ->check(CLI::Range(1, 1000));
  add_weights_option(sub, flags.weights);
  sub.add_flag("--layers", flags.layers, "also print the time of each layer and phase");
}

// Call it after add_model_options(): what is about models and what is about kernels excludes each
// other.
void add_kernel_options(CLI::App& sub, BenchFlags& flags) {
  const auto model_options =
      sub.get_options([](const CLI::Option* option) { return option->get_name() != "--help"; });
  CLI::Option* kernels =
      sub.add_flag("--kernels", flags.kernels, "measure the kernels of this build, not a model");
  for (CLI::Option* option : model_options) kernels->excludes(option);
  sub.add_option("--filter", flags.filter,
                 "only cases whose name contains each of these words, as in \"gemv 7B cold\"")
      ->needs(kernels);
  CLI::Option* quick = sub.add_flag("--quick", flags.quick, "the best kernels on few shapes");
  CLI::Option* all = sub.add_flag("--all", flags.all, "every kernel on every shape; many minutes");
  quick->needs(kernels)->excludes(all);
  all->needs(kernels);
}

}  // namespace

void add_bench_command(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<BenchFlags>();
  CLI::App* sub = app.add_subcommand(
      "bench", "Measure prefill and decode speed, and their share of the machine's limits");
  add_model_options(*sub, *flags);
  add_kernel_options(*sub, *flags);
  sub->add_option("-t,--threads", flags->threads, "numbers of threads; without it, 1 and all cores")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  sub->add_option("--format", flags->format, "md, json or csv")
      ->check(CLI::IsMember({"md", "json", "csv"}));
  sub->add_flag("--json", flags->json, "the same as --format json");
  sub->footer(
      "Examples:\n"
      "  pincer bench smollm2-135m-instruct -p 512 -n 128 -b 1,8 -t 1,2\n"
      "  pincer bench --kernels --filter \"gemv 7B\"");
  sub->callback([flags, &action] { action = [flags] { return run(*flags); }; });
}

}  // namespace pincer
