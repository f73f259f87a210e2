// pincer perplexity: how well a model predicts a text, and what INT8 costs.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <optional>

#include "pincer/engine/perplexity.h"
#include "server/cli/command.h"
#include "server/cli/evaluation.h"

namespace pincer {
namespace {

struct PerplexityFlags {
  std::string model, file;
  int threads = 0, window = 512;
  std::int64_t max_tokens = 0;
  WeightFormat weights = kDefaultWeights;
  bool reference = false, json = false;
  KvChoice kv;
};

PerplexityOptions options_for(const LoadedModel& model, const PerplexityFlags& flags) {
  PerplexityOptions options;
  options.window = flags.window;
  options.threads = flags.threads;
  if (!model.model->reference) options.kv = flags.kv;
  return options;
}

void print(const PerplexityFlags& flags, const std::string& name, const PerplexityResult& int8,
           const std::optional<PerplexityResult>& reference) {
  if (flags.json) {
    boost::json::object out;
    out["schema"] = 1;
    out["model"] = name;
    out["tokens"] = int8.tokens;
    out["perplexity"] = reference ? reference->perplexity : int8.perplexity;
    out["window"] = flags.window;
    if (reference) {
      out["quantized_perplexity"] = int8.perplexity;
      out["reference_perplexity"] = reference->perplexity;
      out["top1_agreement_with_reference"] = top_agreement(int8, *reference);
    }
    fmt::print("{}\n", boost::json::serialize(out));
    return;
  }
  fmt::print("{}: perplexity {:.4f} over {} tokens, windows of {}\n", name, int8.perplexity,
             int8.tokens, flags.window);
  if (!reference) return;
  fmt::print(
      "reference (FP32, scalar): perplexity {:.4f}; INT8 {:+.2f} %, the same most likely token at "
      "{:.2f} % of positions\n",
      reference->perplexity, 100 * (int8.perplexity / reference->perplexity - 1),
      100 * top_agreement(int8, *reference));
}

int run(const PerplexityFlags& flags) {
  auto text = read_text_file(flags.file);
  if (!text) return fail(text.error());
  auto model = open_model({flags.model, false, flags.threads, flags.weights});
  if (!model) return fail(model.error());
  const std::vector<TokenId> tokens = evaluation_tokens(*model, *text, flags.max_tokens);
  auto int8 = evaluate(*model, tokens, options_for(*model, flags), "INT8");
  if (!int8) return fail(int8.error());
  std::optional<PerplexityResult> reference;
  if (flags.reference) {
    auto dense = open_model({flags.model, true, flags.threads});
    if (!dense) return fail(dense.error());
    auto result = evaluate(*dense, tokens, options_for(*dense, flags), "reference");
    if (!result) return fail(result.error());
    reference = std::move(*result);
  }
  print(flags, model->name, *int8, reference);
  return kOk;
}

}  // namespace

void add_perplexity_command(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<PerplexityFlags>();
  CLI::App* sub = app.add_subcommand("perplexity", "Perplexity of a model over a text file");
  sub->add_option("model", flags->model, "a catalogue name, or a .gguf file")->required();
  sub->add_option("file", flags->file, "the text, UTF-8")->required();
  sub->add_option("--window", flags->window, "tokens that see each other; each predicts the next")
      ->check(CLI::Range(1, 1 << 28));
  sub->add_option("--tokens", flags->max_tokens, "use the first N tokens; 0: all")
      ->check(CLI::Range(0, 1 << 30));
  sub->add_option("-t,--threads", flags->threads, "threads; 0: PINCER_THREADS, else all cores")
      ->check(CLI::Range(0, 1024));
  add_weights_option(*sub, flags->weights);
  add_kv_options(*sub, flags->kv);
  sub->add_flag("--reference", flags->reference,
                "also run FP32 weights with scalar kernels (slow), and compare; `perplexity` in "
                "JSON is the reference's then");
  sub->add_flag("--json", flags->json, "print one JSON object");
  sub->footer("Example:\n  pincer perplexity smollm2-135m-instruct text.txt --reference");
  sub->callback([flags, &action] { action = [flags] { return run(*flags); }; });
}

}  // namespace pincer
