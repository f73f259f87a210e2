// pincer quantize: a model file that loads with no packing.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <optional>

#include "pincer/engine/quantize.h"
#include "server/cli/command.h"
#include "server/cli/evaluation.h"
#include "server/cli/model_store.h"
#include "server/cli/progress.h"

namespace pincer {
namespace {

struct QuantizeFlags {
  std::string in, out, eval;
  WeightFormat type = kDefaultWeights;
  std::int64_t max_tokens = 0;
  int threads = 0;
  bool json = false;
};

struct Comparison {
  PerplexityResult before, after;  // FP32, and packed
};

// The text is read, and the tokens are counted, before the work.
Result<Comparison> compare(const QuantizeFlags& flags, const std::string& text) {
  auto packed = open_model({flags.out, false, flags.threads});
  if (!packed) return packed.error();
  const std::vector<TokenId> tokens = evaluation_tokens(*packed, text, flags.max_tokens);
  PerplexityOptions options;
  options.threads = flags.threads;
  auto after = evaluate(*packed, tokens, options, std::string(name(flags.type)));
  if (!after) return after.error();
  auto dense = open_model({flags.in, true, flags.threads});
  if (!dense) return dense.error();
  auto before = evaluate(*dense, tokens, options, "FP32 reference");
  if (!before) return before.error();
  return Comparison{std::move(*before), std::move(*after)};
}

boost::json::object to_json(const QuantizeFlags& flags, const QuantizedModel& model,
                            const std::optional<Comparison>& comparison) {
  boost::json::array kinds;
  for (const QuantizedKind& k : model.kinds) {
    kinds.push_back({{"kind", k.name},
                     {"weights", k.weights},
                     {"bytes", k.bytes},
                     {"relative_rms_error", k.relative_rms()},
                     {"sqnr_db", k.error_squares > 0 ? boost::json::value(k.sqnr_db())
                                                     : boost::json::value()}});
  }
  boost::json::object out{{"schema", 1},
                          {"in", flags.in},
                          {"out", flags.out},
                          {"type", name(flags.type)},
                          {"source_bytes", model.source_bytes},
                          {"file_bytes", model.file_bytes},
                          {"kinds", std::move(kinds)}};
  if (comparison) {
    out["eval"] = {{"tokens", comparison->before.tokens},
                   {"perplexity_before", comparison->before.perplexity},
                   {"perplexity_after", comparison->after.perplexity},
                   {"top1_agreement", top_agreement(comparison->before, comparison->after)}};
  }
  return out;
}

void print_text(const QuantizeFlags& flags, const QuantizedModel& model,
                const std::optional<Comparison>& comparison) {
  fmt::print("{:<18} {:>12} {:>10} {:>12} {:>10} {:>9}\n", "matrices", "weights", "MB",
             "bits/weight", "rms error", "SQNR");
  for (const QuantizedKind& k : model.kinds) {
    fmt::print("{:<18} {:>12} {:>10.1f} {:>12.2f} {:>8.3f} % {:>6.1f} dB\n", k.name, k.weights,
               static_cast<double>(k.bytes) / 1e6,
               8 * static_cast<double>(k.bytes) / static_cast<double>(k.weights),
               100 * k.relative_rms(), k.sqnr_db());
  }
  fmt::print("{}: {:.1f} MB as {}, from {:.1f} MB\n", flags.out,
             static_cast<double>(model.file_bytes) / 1e6, name(flags.type),
             static_cast<double>(model.source_bytes) / 1e6);
  if (!comparison) return;
  const PerplexityResult &before = comparison->before, &after = comparison->after;
  fmt::print(
      "perplexity over {} tokens: {:.4f} before (FP32), {:.4f} after ({:+.2f} %); the same most "
      "likely token at {:.2f} % of positions\n",
      before.tokens, before.perplexity, after.perplexity,
      100 * (after.perplexity / before.perplexity - 1), 100 * top_agreement(before, after));
}

int run(const QuantizeFlags& flags) {
  std::string text;
  if (!flags.eval.empty()) {
    auto read = read_text_file(flags.eval);
    if (!read) return fail(read.error());
    text = std::move(*read);
  }
  const auto in = resolve_model(flags.in);
  if (!in) return fail(in.error());
  Result<QuantizedModel> model = [&] {
    Progress progress(fmt::format("packing {}", in->filename().string()));
    QuantizeOptions options;
    options.format = flags.type;
    options.threads = flags.threads;
    options.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
    return quantize_model(*in, flags.out, options);
  }();
  if (!model) return fail(model.error());
  std::optional<Comparison> comparison;
  if (!flags.eval.empty()) {
    auto compared = compare(flags, text);
    if (!compared) return fail(compared.error());
    comparison = std::move(*compared);
  }
  if (flags.json) {
    fmt::print("{}\n", boost::json::serialize(to_json(flags, *model, comparison)));
  } else {
    print_text(flags, *model, comparison);
  }
  return kOk;
}

}  // namespace

void add_quantize_command(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<QuantizeFlags>();
  CLI::App* sub = app.add_subcommand(
      "quantize", "Write a model file whose weights are packed for this machine's kind of CPU");
  sub->add_option("in", flags->in, "the model to read: a catalogue name, or a .gguf file")
      ->required();
  sub->add_option("out", flags->out, "the .gguf file to write")->required();
  add_format_option(*sub, "--type", flags->type);
  sub->add_option("--eval", flags->eval,
                  "a text: its perplexity before (FP32, scalar: slow) and after");
  sub->add_option("--tokens", flags->max_tokens, "use the first N tokens of it; 0: all")
      ->check(CLI::Range(0, 1 << 30));
  sub->add_option("-t,--threads", flags->threads, "threads; 0: PINCER_THREADS, else all cores")
      ->check(CLI::Range(0, 1024));
  sub->add_flag("--json", flags->json, "print one JSON object");
  sub->footer(
      "Example:\n  pincer quantize smollm2-135m-instruct smollm2-int8.gguf --type int8\n"
      "  pincer run -m smollm2-int8.gguf \"Why is the sky blue?\"");
  sub->callback([flags, &action] { action = [flags] { return run(*flags); }; });
}

}  // namespace pincer
