// Loads a running server: streams, probes, or idle connections. Prints what it measured as JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "bench/load/probe.h"
#include "bench/load/streams.h"

int main(int argc, char** argv) {
  using namespace pincer::load;
  CLI::App app("Loads a pincer server on 127.0.0.1");
  app.require_subcommand(1);
  std::uint16_t port = 8080;
  app.add_option("--port", port)->required();

  Work work;
  std::string model = "smollm2-135m-instruct";
  CLI::App* streams = app.add_subcommand("streams", "clients that stream chat answers");
  streams->add_option("--model", model);
  streams->add_option("--clients", work.clients);
  streams->add_option("--rounds", work.rounds);
  streams->add_option("--first-round", work.first_round);
  streams->add_option("--max-tokens", work.max_tokens);
  streams->add_option("--prompt-words", work.prompt_words);

  std::string path = "/health";
  double every_ms = 20, seconds = 10;
  CLI::App* prober = app.add_subcommand("probe", "one request again and again, timed");
  prober->add_option("--path", path);
  prober->add_option("--every-ms", every_ms);
  prober->add_option("--seconds", seconds);

  int count = 1000;
  CLI::App* idle = app.add_subcommand("idle", "connections that do nothing, until stdin ends");
  idle->add_option("--count", count);

  CLI11_PARSE(app, argc, argv);
  try {
    if (streams->parsed()) print(run_streams(port, model, work));
    if (prober->parsed()) print(probe(port, path, every_ms, seconds));
    if (idle->parsed()) hold_idle(port, count);
  } catch (const std::exception& error) {
    fmt::print(stderr, "pincer_load: {}\n", error.what());
    return 1;
  }
  return 0;
}
