// pincer perplexity: how well a model predicts a text, or chooses answers, and what INT8 costs.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "pincer/engine/perplexity.h"
#include "server/cli/command.h"
#include "server/cli/evaluation.h"
#include "server/cli/question_file.h"

namespace pincer {
namespace {

struct PerplexityFlags {
  std::string model, file;
  int threads = 0, window = 512;
  std::int64_t max_tokens = 0;
  WeightFormat weights = kDefaultWeights;
  bool reference = false, json = false, questions = false;
  KvChoice kv;
};

// What is measured of a model, in INT8 and, with --reference, in FP32.
template <class Measured>
struct Both {
  Measured int8;
  std::optional<Measured> reference;
};

// measure(model, what) for each; `what` is shown while it runs.
template <class Measure>
auto measure_both(const PerplexityFlags& flags, const LoadedModel& model, Measure measure)
    -> Result<Both<std::decay_t<decltype(*measure(model, "INT8"))>>> {
  auto int8 = measure(model, "INT8");
  if (!int8) return int8.error();
  if (!flags.reference) return Both<std::decay_t<decltype(*int8)>>{*std::move(int8), std::nullopt};
  auto dense = open_model({flags.model, true, flags.threads});
  if (!dense) return dense.error();
  auto reference = measure(*dense, "reference");
  if (!reference) return reference.error();
  return Both<std::decay_t<decltype(*int8)>>{*std::move(int8), *std::move(reference)};
}

PerplexityOptions options_for(const LoadedModel& model, const PerplexityFlags& flags) {
  PerplexityOptions options;
  options.window = flags.window;
  options.threads = flags.threads;
  if (!model.model->reference) options.kv = flags.kv;
  return options;
}

void print(const PerplexityFlags& flags, const std::string& name,
           const Both<PerplexityResult>& both) {
  const auto& [int8, reference] = both;
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

double percent(std::int64_t part, std::size_t all) {
  return 100 * static_cast<double>(part) / static_cast<double>(all);
}

void print(const PerplexityFlags& flags, const std::string& name, const Both<ChoiceScore>& both) {
  const auto& [int8, reference] = both;
  const std::size_t questions = int8.chosen.size();
  const std::int64_t same = reference ? same_choices(int8, *reference) : 0;
  if (flags.json) {
    boost::json::object out;
    out["schema"] = 1;
    out["model"] = name;
    out["questions"] = questions;
    out["right"] = int8.right;
    if (reference) {
      out["reference_right"] = reference->right;
      out["same_choice_as_reference"] = same;
    }
    fmt::print("{}\n", boost::json::serialize(out));
    return;
  }
  fmt::print("{}: {} of {} questions right ({:.1f} %)\n", name, int8.right, questions,
             percent(int8.right, questions));
  if (!reference) return;
  fmt::print("reference (FP32, scalar): {} right ({:.1f} %); the same answer to {} ({:.1f} %)\n",
             reference->right, percent(reference->right, questions), same,
             percent(same, questions));
}

template <class Measure>
int measure_and_print(const PerplexityFlags& flags, const LoadedModel& model, Measure measure) {
  const auto both = measure_both(flags, model, measure);
  if (!both) return fail(both.error());
  print(flags, model.name, *both);
  return kOk;
}

int score_questions(const PerplexityFlags& flags, const LoadedModel& model,
                    const std::string& text) {
  const auto questions = read_questions(text, *model.tokenizer);
  if (!questions) {
    return fail(
        {questions.error().code, fmt::format("{}: {}", flags.file, questions.error().message)});
  }
  return measure_and_print(flags, model, [&](const LoadedModel& which, const char* what) {
    ChoiceScoreOptions options{.threads = flags.threads, .kv = {}, .progress = {}};
    if (!which.model->reference) options.kv = flags.kv;
    return ask(which, *questions, options, what);
  });
}

int run(const PerplexityFlags& flags) {
  auto text = read_text_file(flags.file);
  if (!text) return fail(text.error());
  auto model = open_model({flags.model, false, flags.threads, flags.weights});
  if (!model) return fail(model.error());
  if (flags.questions) return score_questions(flags, *model, *text);
  const std::vector<TokenId> tokens = evaluation_tokens(*model, *text, flags.max_tokens);
  return measure_and_print(flags, *model, [&](const LoadedModel& which, const char* what) {
    return evaluate(which, tokens, options_for(which, flags), what);
  });
}

}  // namespace

void add_perplexity_command(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<PerplexityFlags>();
  CLI::App* sub = app.add_subcommand("perplexity", "Perplexity of a model over a text file");
  sub->add_option("model", flags->model, "a catalogue name, or a .gguf file")->required();
  sub->add_option("file", flags->file, "the text, UTF-8")->required();
  sub->add_flag("--questions", flags->questions,
                "the file holds questions, one a line, and how many are answered right is told: "
                R"({"question": "2 + 2 =", "choices": [" 3", " 4"], "answer": 1})");
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
