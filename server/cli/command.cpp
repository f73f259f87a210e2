#include "server/cli/command.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "server/cli/model_store.h"
#include "server/cli/paths.h"
#include "server/cli/progress.h"

namespace pincer {
namespace {

const auto kStart = std::chrono::steady_clock::now();

}  // namespace

double seconds_since_start() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - kStart).count();
}

std::string version() { return PINCER_VERSION; }

int fail(const Error& error) {
  fmt::print(stderr, "pincer: {}\n", error.message);
  return error.code == ErrorCode::cancelled ? kInterrupted : kFailed;
}

int fail_usage(const std::string& message) {
  fmt::print(stderr, "pincer: {}\n", message);
  return kUsage;
}

Result<LoadedModel> open_model(const ModelRequest& request) {
  const std::string name = request.name.empty() ? std::string(default_model().name) : request.name;
  auto file = resolve_model(name);
  if (!file) return file.error();
  const auto home = pincer_home();
  if (!home) return home.error();
  Progress progress(fmt::format("packing {} (once)", file->filename().string()));
  LoadOptions options;
  options.reference = request.reference;
  options.pool_dir = pool_dir(*home);
  options.tuning_dir = *home;
  options.format = request.format;
  options.threads = request.threads;
  options.placement = request.placement;
  options.admit = request.admit;
  options.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  auto loaded = load_model(*file, options);
  if (loaded && find_in_catalogue(name) != nullptr) loaded->name = name;
  return loaded;
}

void add_format_option(CLI::App& sub, const std::string& flag, WeightFormat& format) {
  sub.add_option_function<std::string>(
         flag,
         [flag, &format](const std::string& text) {
           const auto found = find_weight_format(text);
           if (!found) {
             throw CLI::ValidationError(flag, fmt::format("'{}' is not known; choose one of {}",
                                                          text, weight_format_names()));
           }
           format = *found;
         },
         fmt::format("what weights are packed to: {}", weight_format_names()))
      ->default_str(std::string(name(format)));
}

void add_weights_option(CLI::App& sub, WeightFormat& format) {
  add_format_option(sub, "--weights", format);
}

void add_kv_options(CLI::App& sub, KvChoice& kv) {
  const auto set = [&kv](const std::string& name) { kv.format = parse_kv_format(name); };
  sub.add_option_function<std::string>("--kv", set,
                                       "keys and values in int8 (the default), f16 or f32")
      ->check(CLI::IsMember({"int8", "f16", "f32"}));
  sub.add_flag("--smooth-k", kv.smooth_k,
               "int8 keys: take their mean away before they are rounded");
}

EngineOptions engine_options(const LoadedModel& model, int threads) {
  EngineOptions options;
  options.threads = threads;
  for (TokenId id = 0; id < model.tokenizer->vocab_size(); ++id) {
    if (model.tokenizer->is_end(id)) options.end_tokens.push_back(id);
  }
  return options;
}

}  // namespace pincer
