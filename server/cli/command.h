// What the commands share: how each one registers itself, fails, and gets a model ready.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "pincer/engine/engine.h"
#include "pincer/engine/loaded_model.h"
#include "pincer/engine/model.h"
#include "pincer/engine/result.h"

namespace pincer {

// Exit codes of the program.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kInterrupted = 130;

// What the chosen command does, once its arguments are known; returns the exit code.
using Action = std::function<int()>;

// Each adds its command to `app`; when that command is on the command line, `action` is set.
void add_run_command(CLI::App& app, Action& action);
void add_serve_command(CLI::App& app, Action& action);
void add_pull_command(CLI::App& app, Action& action);
void add_list_command(CLI::App& app, Action& action);
void add_show_command(CLI::App& app, Action& action);
void add_bench_command(CLI::App& app, Action& action);
void add_perplexity_command(CLI::App& app, Action& action);
void add_quantize_command(CLI::App& app, Action& action);
void add_doctor_command(CLI::App& app, Action& action);
void add_ps_command(CLI::App& app, Action& action);
void add_pool_command(CLI::App& app, Action& action);
void add_route_command(CLI::App& app, Action& action);

// Prints "pincer: message" to stderr; the exit code: 2 for wrong input on the command line, else 1.
int fail(const Error& error);
int fail_usage(const std::string& message);

// Seconds since the program was started.
double seconds_since_start();

struct ModelRequest {
  std::string name;  // as the user wrote it; empty: the default model
  bool reference = false;
  int threads = 0;
  WeightFormat format = kDefaultWeights;
  Placement placement = {};
  std::function<Result<void>(std::int64_t bytes)> admit = {};  // as LoadOptions::admit
};
// Finds (fetching if need be), packs if need be, with progress on stderr.
Result<LoadedModel> open_model(const ModelRequest& request);
// Adds an option `flag` whose values are formats of weights.
void add_format_option(CLI::App& sub, const std::string& flag, WeightFormat& format);
// Adds --weights.
void add_weights_option(CLI::App& sub, WeightFormat& format);
// Engine options with the model's end tokens.
EngineOptions engine_options(const LoadedModel& model, int threads);

// --kv and --smooth-k, into `kv`, which outlives the parsing.
void add_kv_options(CLI::App& sub, KvChoice& kv);

// --speculate and --draft.
void add_speculation_options(CLI::App& sub, Speculation& speculation, std::string& draft);
// Puts them into `options`; opens the draft model, if one is named. Errors: as open_model; another
// vocabulary than `model`'s.
Result<void> set_speculation(EngineOptions& options, const LoadedModel& model,
                             Speculation speculation, const std::string& draft);

std::string version();

}  // namespace pincer
