// pincer serve: the HTTP server, with one model that loads while it already answers /health.
#include <fmt/format.h>

#include <thread>

#include "pincer/server/local_backend.h"
#include "pincer/server/server.h"
#include "pincer/server/signals.h"
#include "server/cli/catalogue.h"
#include "server/cli/command.h"
#include "server/cli/serve_config.h"

namespace pincer {
namespace {

struct ServeFlags {
  std::string config_file;
  ServeConfig config;  // what the flags said
};

std::string fingerprint(const LoadedModel& model) {
  return fmt::format("pincer-{}-{}", version(), name(model.model->format));
}

Result<std::shared_ptr<Backend>> load_backend(const ServeConfig& config) {
  auto model = open_model({config.model, false, config.threads, config.weights});
  if (!model) return model.error();
  EngineOptions options = engine_options(*model, config.threads);
  options.context = config.context;
  options.max_active = config.max_active;
  options.max_queued = config.max_queued;
  options.prefill_chunk = config.prefill_chunk;
  options.kv.format = parse_kv_format(config.kv);
  options.prefix_cache = config.prefix_cache;
  options.context_shift = config.context_shift;
  auto engine = Engine::start(model->model, options);
  if (!engine) return engine.error();
  const std::string print = fingerprint(*model);
  return make_local_backend(std::move(*model), std::move(*engine), print);
}

Result<ServerOptions> server_options(const ServeConfig& config) {
  ServerOptions options;
  if (!config.listen.empty()) options.listen = config.listen;
  if (!config.api_key_file.empty()) {
    auto keys = read_api_keys(config.api_key_file);
    if (!keys) return keys.error();
    options.api_keys = std::move(*keys);
  }
  options.allowed_hosts = config.allowed_hosts;
  options.drain_timeout = std::chrono::seconds(config.drain_seconds);
  options.io_threads = config.io_threads;
  options.sampling = recommended_sampling(config.model);
  return options;
}

int serve(const ServeConfig& config) {
  auto options = server_options(config);
  if (!options) return fail(options.error());
  const auto models = std::make_shared<Models>();
  auto started = Server::start(std::move(*options), models);
  if (!started) return fail(started.error());
  Server& server = **started;
  const std::string name = config.model.empty() ? std::string(default_model().name) : config.model;
  models->announce(name);
  const StopSignals signals([&] { server.drain(); }, [&] { server.stop(); });

  int code = kOk;
  std::thread loader([&] {
    auto backend = load_backend(config);
    if (!backend) {
      code = fail(backend.error());
      server.stop();
      return;
    }
    models->remove(name);
    models->add(std::move(*backend));
    for (const std::string& address : server.addresses())
      fmt::print(stderr, "pincer: serving on {}\n", address);
  });
  server.run();
  loader.join();
  return code;
}

// The file first, then what the flags said.
int run(const CLI::App& sub, const ServeFlags& flags) {
  ServeConfig config;
  if (!flags.config_file.empty()) {
    if (auto read = read_serve_config(flags.config_file, config); !read) return fail(read.error());
  }
  const auto given = [&](const char* name) { return sub.count(name) > 0; };
  if (given("--listen")) config.listen = flags.config.listen;
  if (given("--model")) config.model = flags.config.model;
  if (given("--api-key-file")) config.api_key_file = flags.config.api_key_file;
  if (given("--allow-host")) config.allowed_hosts = flags.config.allowed_hosts;
  if (given("--threads")) config.threads = flags.config.threads;
  if (given("--context")) config.context = flags.config.context;
  if (given("--max-active")) config.max_active = flags.config.max_active;
  if (given("--kv")) config.kv = flags.config.kv;
  if (given("--no-prefix-cache")) config.prefix_cache = false;
  if (given("--context-shift")) config.context_shift = true;
  if (given("--max-queued")) config.max_queued = flags.config.max_queued;
  return serve(config);
}

}  // namespace

void add_serve_command(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ServeFlags>();
  ServeConfig& c = flags->config;
  CLI::App* sub = app.add_subcommand("serve", "Serve the OpenAI API over HTTP");
  sub->add_option("--config", flags->config_file,
                  "YAML file; keys are the flags' names with underscores");
  sub->add_option("--listen", c.listen,
                  "http://HOST:PORT (port 0: any free one) or unix:/PATH; may be repeated")
      ->allow_extra_args(false);
  sub->add_option("-m,--model", c.model, "a catalogue name, or a .gguf file");
  sub->add_option("--api-key-file", c.api_key_file, "file with one API key a line");
  sub->add_option("--allow-host", c.allowed_hosts,
                  "a further host name that clients may use; * for all")
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
  sub->add_option("--kv", c.kv, "keys and values in int8, f16 or f32")
      ->check(CLI::IsMember({"int8", "f16", "f32"}));
  sub->add_flag("--no-prefix-cache{false}", c.prefix_cache,
                "compute prompts that begin alike each by itself");
  sub->add_flag("--context-shift", c.context_shift,
                "at the context's end drop the older half of the conversation, and go on");
  sub->footer(
      "Examples:\n  pincer serve\n  pincer serve --listen http://0.0.0.0:8080 --api-key-file "
      "keys.txt\n"
      "  pincer serve --listen unix:/run/pincer.sock");
  sub->callback([flags, sub, &action] { action = [flags, sub] { return run(*sub, *flags); }; });
}

}  // namespace pincer
