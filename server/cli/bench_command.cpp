// pincer bench: tokens a second, beside what this machine can read and multiply, measured in the
// same run; with --kernels, the same of each kernel.
#include <fmt/format.h>

#include <algorithm>

#include "server/cli/bench_report.h"
#include "server/cli/command.h"
#include "server/cli/kernel_bench.h"
#include "server/cli/model_bench.h"

namespace pincer {
namespace {

constexpr int kMostTokens = 1 << 24;

struct BenchFlags {
  ModelBenchFlags model;
  std::string format = "md";
  std::vector<int> threads;
  bool kernels = false, quick = false, all = false, json = false;
  std::string filter;
};

int run_kernels(const BenchFlags& flags) {
  using kernels::measure::Effort;
  const Effort effort = flags.quick ? Effort::quick : flags.all ? Effort::all : Effort::usual;
  return run_kernel_bench({flags.filter, flags.format, flags.threads, effort});
}

int run_model(const BenchFlags& flags) {
  if (model_tests(flags.model).empty()) {
    return fail_usage(
        "there is nothing to measure: -p and -n are 0 and no -b is above 1; `pincer bench --help` "
        "lists what is possible");
  }
  if (flags.model.layers && flags.format == "csv")
    return fail_usage("--layers does not fit into csv; use --format md or json");
  const auto model = open_model({flags.model.model, false, 0, flags.model.weights});
  if (!model) return fail(model.error());
  const auto report = run_model_bench(*model, flags.model);
  if (!report) return fail(report.error());
  fmt::print("{}", flags.format == "json"  ? to_json(*report)
                   : flags.format == "csv" ? to_csv(*report)
                                           : to_markdown(*report));
  return kOk;
}

int run(BenchFlags flags) {
  if (flags.json) flags.format = "json";
  if (flags.threads.empty()) {
    flags.threads = {1};
    if (const int all = default_threads(); all > 1) flags.threads.push_back(all);
  }
  std::ranges::sort(flags.threads);
  flags.threads.erase(std::ranges::unique(flags.threads).begin(), flags.threads.end());
  flags.model.threads = flags.threads;
  return flags.kernels ? run_kernels(flags) : run_model(flags);
}

void add_model_options(CLI::App& sub, ModelBenchFlags& flags) {
  sub.add_option("model", flags.model,
                 "a catalogue name, or a .gguf file; without one, the default model");
  sub.add_option("-p,--prompt", flags.prompts, "prompt lengths: tests ppN; 0: none")
      ->delimiter(',')
      ->check(CLI::Range(0, kMostTokens));
  sub.add_option("-n,--generate", flags.generations,
                 "tokens to generate, one sequence: tests tgN; 0: none")
      ->delimiter(',')
      ->check(CLI::Range(0, kMostTokens));
  sub.add_option("-b,--batch", flags.batches,
                 "sequences that are decoded at once: tests batchN; 1 is what tgN measures")
      ->delimiter(',')
      ->check(CLI::Range(1, 512));
  sub.add_option("-d,--depth", flags.depth,
                 "tokens in the context before a prompt or a generation, not timed")
      ->check(CLI::Range(0, kMostTokens));
  sub.add_option("--batch-prompt", flags.batch_prompt,
                 "tokens in the context of each sequence of a batch, not timed (128)")
      ->check(CLI::Range(0, kMostTokens));
  sub.add_option("--batch-generate", flags.batch_generate,
                 "tokens to generate for each sequence of a batch (64)")
      ->check(CLI::Range(1, kMostTokens));
  sub.add_option("-r,--repetitions", flags.repetitions, "samples of each test (5)")
      ->check(CLI::Range(1, 1000));
  add_weights_option(sub, flags.weights);
  add_kv_options(sub, flags.kv);
  sub.add_flag("--layers", flags.layers, "also the time of each layer and phase");
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
  add_model_options(*sub, flags->model);
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
      "  pincer bench model.gguf -p 512 -n 32 --depth 4096 --format json\n"
      "  pincer bench model.gguf -p 512 -n 0 --layers -t 2\n"
      "  pincer bench --kernels --filter \"gemv 7B\"");
  sub->callback([flags, &action] { action = [flags] { return run(*flags); }; });
}

}  // namespace pincer
