// pincer run: a question and its answer, or a chat at the terminal.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <random>

#include "server/cli/catalogue.h"
#include "server/cli/chat_session.h"
#include "server/cli/command.h"
#include "server/cli/format_options.h"
#include "server/cli/line_editor.h"
#include "server/cli/model_store.h"
#include "server/cli/progress.h"

namespace pincer {
namespace {

struct RunFlags {
  std::vector<std::string> words;  // [MODEL] [PROMPT]
  std::string model, system, draft;
  Speculation speculation = Speculation::ngram;
  int max_tokens = -1, threads = 0, context = 0;
  std::optional<float> temperature, top_p, min_p;
  std::optional<int> top_k;
  std::optional<std::uint64_t> seed;
  WeightFormat weights = kDefaultWeights;
  bool raw = false, reference = false, json = false, stats = false;
  KvChoice kv;
  std::string prompt_cache;  // a file; empty: none
  bool context_shift = false;
  int keep = 0;
  FormatFlags format;
};

std::atomic<bool> interrupted = false;

// Ctrl-C ends the answer, not the program.
void catch_interrupts() {
  struct sigaction action{};
  action.sa_handler = [](int) { interrupted = true; };
  sigaction(SIGINT, &action, nullptr);
}

SamplingParams sampling(const RunFlags& flags) {
  SamplingParams p = recommended_sampling(flags.model);
  p.temperature = flags.temperature.value_or(p.temperature);
  p.top_p = flags.top_p.value_or(p.top_p);
  p.min_p = flags.min_p.value_or(p.min_p);
  p.top_k = flags.top_k.value_or(p.top_k);
  p.seed = flags.seed ? *flags.seed : std::random_device{}();
  return p;
}

void print_piece(const std::string& piece) {
  std::fwrite(piece.data(), 1, piece.size(), stdout);
  std::fflush(stdout);
}

double per_second(int count, double seconds) { return seconds > 0 ? count / seconds : 0; }

// Prompt tokens that were computed for this answer.
int prefilled(const Finish& f) { return f.prompt_tokens - f.cached_tokens; }

void print_json(const ChatSession& session, const ChatAnswer& a, const SamplingParams& p) {
  namespace json = boost::json;
  json::object timings;
  timings["load_s"] = session.model().load_seconds;
  timings["first_token_s"] = a.first_token_s;
  timings["prefill_tokens_per_s"] = per_second(prefilled(a.finish), a.finish.prefill_seconds);
  timings["decode_tokens_per_s"] =
      per_second(a.finish.generated_tokens - 1, a.finish.decode_seconds);
  timings["packed_now"] = session.model().packed_now;
  timings["drafted"] = a.finish.drafted;
  timings["accepted"] = a.finish.accepted;
  json::object out;
  out["schema"] = 1;
  out["model"] = session.model().name;
  out["text"] = a.text;
  out["prompt_tokens"] = json::value_from(a.prompt_tokens);
  out["tokens"] = json::value_from(a.tokens);
  out["cached_tokens"] = a.finish.cached_tokens;
  out["finish_reason"] = std::string(finish_reason_name(a.finish.reason));
  out["seed"] = p.seed;
  out["timings"] = std::move(timings);
  fmt::print("{}\n", json::serialize(out));
}

void print_stats(const ChatSession& session, const ChatAnswer& a) {
  const Finish& f = a.finish;
  fmt::print(stderr,
             "loaded in {:.3f} s{}; first token after {:.3f} s; prompt {} tokens, {:.1f}/s; answer "
             "{} tokens, {:.1f}/s\n",
             session.model().load_seconds, session.model().packed_now ? " (weights packed)" : "",
             a.first_token_s, f.prompt_tokens, per_second(prefilled(f), f.prefill_seconds),
             f.generated_tokens, per_second(f.generated_tokens - 1, f.decode_seconds));
  if (f.drafted > 0) {
    fmt::print(stderr, "speculation proposed {} tokens, of which {} were right\n", f.drafted,
               f.accepted);
  }
}

Result<std::vector<TokenId>> first_prompt(const ChatSession& session, const RunFlags& flags,
                                          const std::string& text) {
  if (flags.raw) return session.raw_prompt(text);
  std::vector<ChatMessage> messages;
  if (!flags.system.empty()) messages.push_back({"system", flags.system});
  messages.push_back({"user", text});
  return session.chat_prompt(messages);
}

// What --prompt-cache says: the file is read where it is there, and written at the end.
Result<void> read_prompt_cache(ChatSession& session, const RunFlags& flags) {
  std::error_code none;
  if (flags.prompt_cache.empty() || !std::filesystem::exists(flags.prompt_cache, none)) return {};
  auto restored = session.engine().restore_prefix(flags.prompt_cache);
  if (!restored) return restored.error();
  return {};
}

Result<void> write_prompt_cache(ChatSession& session, const RunFlags& flags,
                                const ChatAnswer& last) {
  if (flags.prompt_cache.empty()) return {};
  std::vector<TokenId> tokens = last.prompt_tokens;
  tokens.insert(tokens.end(), last.tokens.begin(), last.tokens.end());
  auto saved = session.engine().save_prefix(flags.prompt_cache, tokens);
  if (!saved) return saved.error();
  return {};
}

void warn_if_full(const ChatSession& session, const ChatAnswer& a) {
  if (!a.finish.context_full) return;
  fmt::print(stderr,
             "pincer: the context of {} tokens is full; --context-shift drops the older half and "
             "goes on, -c N asks for more\n",
             session.engine().options().context);
}

int answer_once(ChatSession& session, const RunFlags& flags, const SamplingParams& params,
                const std::string& text) {
  auto prompt = first_prompt(session, flags, text);
  if (!prompt) return fail(prompt.error());
  std::function<void(const std::string&)> show;
  if (!flags.json) show = print_piece;
  // A closed pipe ends the answer as Ctrl-C does.
  const auto stop = [] { return interrupted.load() || std::ferror(stdout) != 0; };
  auto answer = session.generate(std::move(*prompt), params, flags.max_tokens, show, stop);
  if (!answer) return fail(answer.error());
  if (flags.json) {
    print_json(session, *answer, params);
  } else {
    fmt::print("\n");
  }
  if (flags.stats) print_stats(session, *answer);
  warn_if_full(session, *answer);
  if (auto saved = write_prompt_cache(session, flags, *answer); !saved) return fail(saved.error());
  if (std::ferror(stdout) != 0) return kFailed;
  return answer->finish.reason == FinishReason::cancelled ? kInterrupted : kOk;
}

// One turn of a chat; on an error the conversation is as it was before.
Result<ChatAnswer> answer_turn(ChatSession& session, const RunFlags& flags,
                               const SamplingParams& params, std::vector<ChatMessage>& messages,
                               const std::string& line) {
  messages.push_back({"user", line});
  auto prompt = session.chat_prompt(messages);
  interrupted = false;
  auto answer = prompt ? session.generate(std::move(*prompt), params, flags.max_tokens, print_piece,
                                          [] { return interrupted.load(); })
                       : Result<ChatAnswer>(prompt.error());
  if (answer) {
    messages.push_back({"assistant", answer->text});
  } else {
    messages.pop_back();
  }
  return answer;
}

int chat(ChatSession& session, const RunFlags& flags, SamplingParams params) {
  fmt::print(stderr, "{}: type a message; Ctrl-C stops an answer, Ctrl-D ends.\n",
             session.model().name);
  LineEditor editor(">>> ");
  std::vector<ChatMessage> messages;
  ChatAnswer last;
  if (!flags.system.empty()) messages.push_back({"system", flags.system});
  while (const auto line = editor.read()) {
    if (line->empty()) continue;
    if (*line == "/bye" || *line == "/exit") break;
    auto answer = answer_turn(session, flags, params, messages, *line);
    fmt::print("\n");
    std::fflush(stdout);
    if (!answer) {
      fail(answer.error());
      continue;
    }
    if (flags.stats) print_stats(session, *answer);
    warn_if_full(session, *answer);
    last = std::move(*answer);
    ++params.seed;
  }
  if (last.prompt_tokens.empty()) return kOk;
  auto saved = write_prompt_cache(session, flags, last);
  return saved ? kOk : fail(saved.error());
}

int run(RunFlags flags) {
  if (flags.model.empty() && !flags.words.empty() && looks_like_model(flags.words.front())) {
    flags.model = flags.words.front();
    flags.words.erase(flags.words.begin());
  }
  if (flags.words.size() > 1) {
    return fail_usage(fmt::format(
        "'{}' is more than a model and a prompt; put the prompt in quotes", flags.words.back()));
  }
  const SamplingParams params = sampling(flags);
  if (auto valid = validate(params); !valid) return fail_usage(valid.error().message);
  std::string text = flags.words.empty() ? std::string() : flags.words.front();
  const bool interactive = flags.words.empty() && stdin_is_terminal();
  if (interactive && flags.json)
    return fail_usage("--json needs a prompt, as an argument or through a pipe");
  if (flags.words.empty() && !interactive)
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  if (!interactive && text.empty())
    return fail_usage("the prompt is empty; give one as an argument or through a pipe");

  const auto format = output_format(flags.format);
  if (!format) return fail(format.error());
  auto model = open_model({flags.model, flags.reference, flags.threads, flags.weights});
  if (!model) return fail(model.error());
  EngineOptions options = engine_options(*model, flags.threads);
  options.max_active = 1;
  options.context = flags.context;
  if (!flags.reference) options.kv = flags.kv;
  options.context_shift = flags.context_shift;
  options.context_keep = flags.keep;
  if (auto set = set_speculation(options, *model, flags.speculation, flags.draft); !set)
    return fail(set.error());
  auto engine = Engine::start(model->model, options);
  if (!engine) return fail(engine.error());
  ChatSession session(std::move(*model), std::move(*engine));
  if (*format) {
    if (auto set = session.set_format(**format); !set) return fail_usage(set.error().message);
  }
  if (auto read = read_prompt_cache(session, flags); !read) return fail(read.error());
  catch_interrupts();
  return interactive ? chat(session, flags, params) : answer_once(session, flags, params, text);
}

}  // namespace

void add_run_command(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<RunFlags>();
  CLI::App* sub = app.add_subcommand("run", "Answer a prompt, or chat at the terminal");
  sub->add_option("words", flags->words,
                  "[MODEL] [PROMPT]; without a prompt it is read from a pipe, or a chat begins");
  sub->add_option("-m,--model", flags->model, "a catalogue name, or a .gguf file");
  sub->add_option("-n,--predict", flags->max_tokens,
                  "most tokens to generate (-1: to the end of the context)")
      ->check(CLI::Range(-1, 1 << 28));
  sub->add_option("--temp", flags->temperature, "temperature; 0 takes the most likely token");
  sub->add_option("--top-k", flags->top_k, "sample from the k most likely tokens; 0: all");
  sub->add_option("--top-p", flags->top_p,
                  "sample from the most likely tokens that make up this share");
  sub->add_option("--min-p", flags->min_p, "drop tokens below this share of the most likely one");
  sub->add_option("--seed", flags->seed, "the same seed gives the same answer");
  sub->add_option("--system", flags->system, "system message");
  sub->add_option("-c,--context", flags->context, "tokens of context; 0: the model's own")
      ->check(CLI::Range(0, 1 << 28));
  sub->add_option("-t,--threads", flags->threads, "threads; 0: PINCER_THREADS, else all cores")
      ->check(CLI::Range(0, 1024));
  add_kv_options(*sub, flags->kv);
  sub->add_option("--prompt-cache", flags->prompt_cache,
                  "keep keys and values of the conversation in this file: what it begins with is "
                  "not computed again by the next run");
  sub->add_flag("--context-shift", flags->context_shift,
                "at the context's end drop the older half of the conversation, and go on");
  sub->add_option("--keep", flags->keep,
                  "with --context-shift: first tokens that are never dropped")
      ->check(CLI::Range(0, 1 << 28));
  add_format_options(*sub, flags->format);
  add_speculation_options(*sub, flags->speculation, flags->draft);
  sub->add_flag("--raw", flags->raw,
                "continue the prompt as plain text, without the chat template");
  add_weights_option(*sub, flags->weights);
  sub->add_flag("--reference", flags->reference,
                "FP32 weights and scalar kernels: slow, for checking");
  sub->add_flag("--json", flags->json, "print one JSON object with text, token ids and timings");
  sub->add_flag("--stats", flags->stats, "print timings to stderr");
  sub->footer(
      "Examples:\n  pincer run \"Why is the sky blue?\"\n  echo \"Summarise: ...\" | pincer run "
      "--temp 0 -n 100\n"
      "  pincer run \"Name a city.\" -j '{\"properties\":{\"city\":{\"type\":\"string\"}},"
      "\"required\":[\"city\"]}'\n"
      "  pincer run -m model.gguf            # chat");
  sub->callback([flags, &action] { action = [flags] { return run(*flags); }; });
}

}  // namespace pincer
