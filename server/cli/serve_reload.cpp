#include "server/cli/serve_reload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

#include "server/cli/api_key_file.h"
#include "server/cli/catalogue.h"
#include "server/service/open_files.h"

namespace pincer {

std::vector<std::string> restart_only_changes(const ServeConfig& before, const ServeConfig& after) {
  std::vector<std::string> names;
  const auto compare = [&](const char* name, auto ServeConfig::* field) {
    if (before.*field != after.*field) names.emplace_back(name);
  };
  compare("listen", &ServeConfig::listen);
  compare("socket_mode", &ServeConfig::socket_mode);
  compare("tls_cert", &ServeConfig::tls_certificate);
  compare("tls_key", &ServeConfig::tls_key);
  compare("weights", &ServeConfig::weights);
  compare("threads", &ServeConfig::threads);
  compare("context", &ServeConfig::context);
  compare("io_threads", &ServeConfig::io_threads);
  compare("max_active", &ServeConfig::max_active);
  compare("max_queued", &ServeConfig::max_queued);
  compare("prefill_chunk", &ServeConfig::prefill_chunk);
  compare("step_target", &ServeConfig::step_target_ms);
  compare("speculate", &ServeConfig::speculation);
  compare("draft", &ServeConfig::draft);
  compare("drain_seconds", &ServeConfig::drain_seconds);
  compare("kv", &ServeConfig::kv);
  compare("prefix_cache", &ServeConfig::prefix_cache);
  compare("context_shift", &ServeConfig::context_shift);
  compare("reasoning", &ServeConfig::reasoning);
  compare("pool_budget", &ServeConfig::pool_budget);
  compare("access_log", &ServeConfig::access_log);
  compare("trace_access", &ServeConfig::trace_access);
  if (before.router.history != after.router.history) names.emplace_back("storage");
  return names;
}

namespace {

// What of this server's configuration an engine in a process of its own needs.
std::vector<std::string> worker_command(const ServeConfig& config) {
  return {"/proc/self/exe",
          "serve",
          "--exit-with-parent",
          "--weights",
          std::string(name(config.weights)),
          "--threads",
          std::to_string(config.threads),
          "--context",
          std::to_string(config.context),
          "--max-active",
          std::to_string(config.max_active),
          "--max-queued",
          std::to_string(config.max_queued),
          "--kv",
          config.kv,
          "--reasoning",
          config.reasoning ? "on" : "off"};
}

}  // namespace

Result<ServerOptions> server_options(const ServeConfig& config) {
  ServerOptions options;
  if (!config.listen.empty()) options.listen = config.listen;
  if (!config.api_key_file.empty()) {
    auto keys = read_api_keys(config.api_key_file);
    if (!keys) return keys.error();
    options.api_keys = std::move(*keys);
  }
  options.allowed_hosts = config.allowed_hosts;
  options.allowed_origins = config.allowed_origins;
  options.trace_for_all = config.trace_access == "all";
  options.tls_certificate = config.tls_certificate;
  options.tls_key = config.tls_key;
  options.socket_mode = config.socket_mode;
  options.drain_timeout = std::chrono::seconds(config.drain_seconds);
  options.io_threads = config.io_threads;
  options.limits = config.limits;
  if (const auto told = fit_connections(options.limits.connections)) spdlog::warn(*told);
  options.access_log = config.access_log;
  if (!config.router.empty()) options.router = std::make_shared<RouterConfig>(config.router);
  if (!config.router.history.path.empty())
    options.history = std::make_shared<HistoryConfig>(config.router.history);
  options.worker_command = worker_command(config);
  options.sampling = recommended_sampling(config.models.empty() ? "" : config.models.front());
  return options;
}

void set_log_level(const ServeConfig& config) {
  if (!config.log_level.empty() && std::getenv("PINCER_LOG") == nullptr)
    spdlog::set_level(spdlog::level::from_str(config.log_level));
}

void ServeReload::operator()() {
  if (const auto applied = apply(); !applied) {
    spdlog::error("the configuration was not read again, the old one stays: {}",
                  applied.error().message);
  }
}

Result<void> ServeReload::apply() {
  auto config = read_();
  if (!config) return config.error();
  auto options = server_options(*config);
  if (!options) return options.error();
  auto models = served_models(*config);
  if (!models) return models.error();
  if (auto applied = server_.reconfigure(std::move(*options)); !applied) return applied;
  models_->replace(std::move(*models));
  set_log_level(*config);
  const auto ignored = restart_only_changes(config_, *config);
  if (!ignored.empty()) {
    spdlog::warn("changed, but only read when the server starts: {}", fmt::join(ignored, ", "));
  }
  spdlog::info("the configuration was read again");
  config_ = *std::move(config);
  return {};
}

}  // namespace pincer
