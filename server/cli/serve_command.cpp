// pincer serve: the HTTP server. The first model loads while it already answers /health; others
// load when they are asked for.
#include <fmt/format.h>
#include <sys/prctl.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <future>
#include <tuple>

#include "pincer/server/server.h"
#include "pincer/server/signals.h"
#include "server/cli/catalogue.h"
#include "server/cli/command.h"
#include "server/cli/serve_config.h"
#include "server/cli/serve_reload.h"
#include "server/cli/served_models.h"
#include "server/cli/size_text.h"
#include "server/service/liveness.h"
#include "server/service/service_manager.h"
#include "server/service/watchdog.h"

namespace pincer {
namespace {

struct ServeFlags {
  std::string config_file;
  ServeConfig config;  // what the flags said
  std::string pool_budget, weights_node, tier, socket_mode;
  std::string reasoning;
  bool exit_with_parent = false;
  std::string max_queue_wait, queue_timeout, request_timeout;
};

// For a load that is under way when all else has ended; some are over by then.
constexpr std::chrono::milliseconds kLoadGrace{200};

// Loads the first model, then says where the server is. `code` is the exit code, set before the
// server is stopped.
void load_first(Server& server, Models& models, const std::string& name, std::atomic<int>& code) {
  std::promise<Result<std::shared_ptr<Backend>>> loaded;
  models.opener()->open(name, [&](Result<std::shared_ptr<Backend>> backend) {
    loaded.set_value(std::move(backend));
  });
  const auto backend = loaded.get_future().get();
  if (!backend) {
    if (backend.error().code != ErrorCode::cancelled) code = fail(backend.error());
    server.stop();
    return;
  }
  models.remove(name);
  for (const std::string& address : server.addresses())
    fmt::print(stderr, "pincer: serving on {}\n", address);
}

// What the service manager passed on stands for the default address.
void add_passed_sockets(const ServeConfig& config, ServerOptions& options) {
  options.passed_sockets = take_passed_sockets();
  if (config.listen.empty() && !options.passed_sockets.empty()) options.listen.clear();
}

using ReadConfig = std::function<Result<ServeConfig>()>;

int serve(const ServeConfig& config, ReadConfig read) {
  auto options = server_options(config);
  if (!options) return fail(options.error());
  auto offered = served_models(config);
  if (!offered) return fail(offered.error());
  if (auto nodes = check_placement(config.placement, memory_nodes()); !nodes)
    return fail(nodes.error());
  set_log_level(config);
  add_passed_sockets(config, *options);
  const std::string first = offered->front().name;
  const auto opener = make_model_opener(std::move(*offered), config);
  const auto models = std::make_shared<Models>();
  models->set_opener(opener);
  models->announce(first);
  auto started = Server::start(std::move(*options), models);
  if (!started) return fail(started.error());
  Server& server = **started;
  const auto manager = ServiceManager::from_environment();
  ServeReload reload(std::move(read), config, server, opener);
  const ReloadSignals reloads(
      [&] {
        manager.notify_reloading();
        reload();
        manager.notify("READY=1");
      },
      [&] { server.reopen_logs(); });
  const StopSignals stops(
      [&] {
        manager.notify("STOPPING=1");
        server.drain();
      },
      [&] { server.stop(); });
  Liveness liveness(server, models);
  const Watchdog watchdog(manager, [&liveness] { return liveness.look(); });

  std::atomic<int> code = kOk;
  auto loading = std::async(std::launch::async, [&] {
    load_first(server, *models, first, code);
    if (code == kOk) manager.notify("READY=1");
  });
  server.run();
  // Packing a big model takes a minute, and another process that packs it is waited for. Whoever
  // ends the server does not wait: an unfinished file of weights has no name and is gone, where the
  // file system can have such.
  if (loading.wait_for(kLoadGrace) != std::future_status::ready) std::_Exit(code);
  return code;
}

// The flags that are more than a text or a number.
Result<void> read_flags(const CLI::App& sub, const ServeFlags& flags, ServeConfig& config) {
  if (sub.count("--pool-budget") > 0) {
    const auto budget = parse_size(flags.pool_budget);
    if (!budget) return budget.error();
    config.pool_budget = *budget;
  }
  if (sub.count("--socket-mode") > 0) {
    const auto mode = parse_socket_mode(flags.socket_mode);
    if (!mode) return mode.error();
    config.socket_mode = *mode;
  }
  for (const auto& [name, text, field] :
       {std::tuple("--max-queue-wait", flags.max_queue_wait, &Limits::max_queue_wait),
        std::tuple("--queue-timeout", flags.queue_timeout, &Limits::queue_timeout),
        std::tuple("--request-timeout", flags.request_timeout, &Limits::request_timeout)}) {
    if (sub.count(name) == 0) continue;
    const auto wait = parse_wait(text);
    if (!wait) return wait.error();
    config.limits.*field = *wait;
  }
  for (const auto& [name, text] :
       {std::pair("--weights-node", flags.weights_node), std::pair("--tier", flags.tier)}) {
    if (sub.count(name) == 0) continue;
    const auto placement = parse_placement(text);
    if (!placement) return placement.error();
    config.placement = *placement;
  }
  return {};
}

// What the flags said, over what the file did.
Result<void> add_flags(const CLI::App& sub, const ServeFlags& flags, ServeConfig& config) {
  const auto given = [&](const char* name) { return sub.count(name) > 0; };
  if (given("--listen")) config.listen = flags.config.listen;
  if (given("--model")) config.models = flags.config.models;
  if (given("--api-key-file")) config.api_key_file = flags.config.api_key_file;
  if (given("--allow-host")) config.allowed_hosts = flags.config.allowed_hosts;
  if (given("--trace-access")) config.trace_access = flags.config.trace_access;
  if (given("--allow-origin")) config.allowed_origins = flags.config.allowed_origins;
  if (given("--tls-cert")) config.tls_certificate = flags.config.tls_certificate;
  if (given("--tls-key")) config.tls_key = flags.config.tls_key;
  if (given("--weights")) config.weights = flags.config.weights;
  if (given("--threads")) config.threads = flags.config.threads;
  if (given("--context")) config.context = flags.config.context;
  if (given("--max-active")) config.max_active = flags.config.max_active;
  if (given("--kv")) config.kv = flags.config.kv;
  if (given("--no-prefix-cache")) config.prefix_cache = false;
  if (given("--context-shift")) config.context_shift = true;
  if (given("--reasoning")) config.reasoning = flags.reasoning == "on";
  if (given("--max-queued")) config.max_queued = flags.config.max_queued;
  if (given("--max-connections")) config.limits.connections = flags.config.limits.connections;
  if (given("--access-log")) config.access_log = flags.config.access_log;
  if (given("--step-target")) config.step_target_ms = flags.config.step_target_ms;
  if (given("--speculate")) config.speculation = flags.config.speculation;
  if (given("--draft")) config.draft = flags.config.draft;
  return read_flags(sub, flags, config);
}

int run(const CLI::App& sub, const ServeFlags& flags) {
  if (flags.exit_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ServeConfig from_file;
  const auto read_file = [&flags](ServeConfig& config) {
    return flags.config_file.empty() ? Result<void>()
                                     : read_serve_config(flags.config_file, config);
  };
  if (auto read = read_file(from_file); !read) return fail(read.error());
  ServeConfig config = from_file;
  if (auto added = add_flags(sub, flags, config); !added) return fail_usage(added.error().message);
  return serve(config, [&]() -> Result<ServeConfig> {
    ServeConfig again;
    if (auto read = read_file(again); !read) return read.error();
    if (auto added = add_flags(sub, flags, again); !added) return added.error();
    return again;
  });
}

}  // namespace

void add_serve_command(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ServeFlags>();
  ServeConfig& c = flags->config;
  CLI::App* sub = app.add_subcommand("serve", "Serve the OpenAI API over HTTP");
  sub->add_option("--config", flags->config_file,
                  "YAML file; keys are the flags' names with underscores");
  sub->add_option("--listen", c.listen,
                  "http://HOST:PORT (port 0: any free one), https://HOST:PORT, tcp://HOST:PORT "
                  "(framed), unix:/PATH or tcp+unix:/PATH; may be repeated")
      ->allow_extra_args(false);
  sub->add_option(
         "-m,--model", c.models,
         "a catalogue name, or a .gguf file; may be repeated. The first is loaded at once, "
         "the others, and what is in the model folder, when they are asked for")
      ->allow_extra_args(false);
  sub->add_option("--pool-budget", flags->pool_budget,
                  "memory for the weights of all models, as in 4G; the least used make room for "
                  "others. Default: 60 % of what is available");
  sub->add_option("--weights-node", flags->weights_node, "memory node for the weights");
  sub->add_option("--tier", flags->tier,
                  "near=0:20,far=1: 20 layers and the head on node 0, the rest on node 1");
  sub->add_option("--tls-cert", c.tls_certificate,
                  "PEM file with the certificate for https://, and those that signed it");
  sub->add_option("--tls-key", c.tls_key, "PEM file with the certificate's key");
  sub->add_option("--socket-mode", flags->socket_mode, "mode of Unix sockets, as in 660");
  sub->add_option("--api-key-file", c.api_key_file,
                  "file with one API key a line, or YAML with scopes and limits "
                  "(docs/serving.md)");
  sub->add_option("--allow-host", c.allowed_hosts,
                  "a further host name that clients may use; * for all")
      ->allow_extra_args(false);
  sub->add_option("--trace-access", c.trace_access,
                  "who sees the dashboard's figures and traces: clients of this machine, or all")
      ->check(CLI::IsMember({"local", "all"}));
  sub->add_option("--allow-origin", c.allowed_origins,
                  "a web page's origin that may read answers, as in https://app.example; * for all")
      ->allow_extra_args(false);
  add_weights_option(*sub, c.weights);
  sub->add_option("-t,--threads", c.threads, "threads; 0: PINCER_THREADS, else all cores")
      ->check(CLI::Range(0, 1024));
  sub->add_option("-c,--context", c.context, "tokens of context; 0: the model's own")
      ->check(CLI::Range(0, 1 << 28));
  sub->add_option("--max-active", c.max_active, "generations that run at once")
      ->check(CLI::Range(1, 4096));
  sub->add_option("--max-queued", c.max_queued, "generations that wait; beyond it clients get 429")
      ->check(CLI::Range(0, 1 << 20));
  sub->add_option(
      "--max-queue-wait", flags->max_queue_wait,
      "expected wait beyond which clients get 429, as in 30s; 0: no limit. Default: 60s");
  sub->add_option("--queue-timeout", flags->queue_timeout,
                  "time in the queue after which a request gets 504, as in 30s. Default: none");
  sub->add_option("--request-timeout", flags->request_timeout,
                  "time for a whole answer, as in 5m. Default: none");
  sub->add_option("--max-connections", c.limits.connections, "clients that are connected at once")
      ->check(CLI::Range(1, 1 << 20));
  sub->add_option("--access-log", c.access_log,
                  "file for a JSON line a request, or - for the standard output");
  sub->add_option("--kv", c.kv, "keys and values in int8, f16 or f32")
      ->check(CLI::IsMember({"int8", "f16", "f32"}));
  sub->add_flag("--no-prefix-cache{false}", c.prefix_cache,
                "compute prompts that begin alike each by itself");
  sub->add_flag("--context-shift", c.context_shift,
                "at the context's end drop the older half of the conversation, and go on");
  sub->add_option("--reasoning", flags->reasoning,
                  "off: models that can think before they answer only do so where a request asks")
      ->check(CLI::IsMember({"on", "off"}));
  sub->add_option("--step-target", c.step_target_ms,
                  "milliseconds between the tokens of a stream that prompts of others may cause")
      ->check(CLI::Range(1, 60000));
  add_speculation_options(*sub, c.speculation, c.draft);
  sub->add_flag("--exit-with-parent", flags->exit_with_parent,
                "end when the process that started this one does");
  sub->footer(
      "Examples:\n  pincer serve\n  pincer serve --listen http://0.0.0.0:8080 --api-key-file "
      "keys.txt\n"
      "  pincer serve --listen unix:/run/pincer.sock --socket-mode 660\n"
      "  pincer serve --listen https://0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem\n"
      "  pincer serve -m smollm2-135m-instruct -m other.gguf --pool-budget 2G");
  sub->callback([flags, sub, &action] { action = [flags, sub] { return run(*sub, *flags); }; });
}

}  // namespace pincer
