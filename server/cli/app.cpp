#include "server/cli/app.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

#include "pincer/kernels/cpu.h"
#include "server/cli/command.h"

namespace pincer {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  pincer run \"Why is the sky blue?\"\n"
    "  pincer run -m model.gguf --temp 0 \"2 + 2 =\"\n"
    "  pincer serve --listen http://127.0.0.1:8080\n"
    "  pincer bench smollm2-135m-instruct -t 1,2\n"
    "`pincer COMMAND --help` tells more of each command.";

// CLI11 speaks of "arguments not expected"; say what to do about it.
int report(const CLI::App& app, const CLI::ParseError& error) {
  std::string command = "pincer";
  for (const CLI::App* sub : app.get_subcommands()) command += " " + sub->get_name();
  std::string message = error.what();
  if (const auto end = message.find('\n'); end != std::string::npos) message.resize(end);
  fmt::print(stderr, "pincer: {}; `{} --help` lists what is possible\n", message, command);
  return kUsage;
}

// The log goes to stderr, from PINCER_LOG on; an unknown level is an error.
bool start_log() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("pincer"));
  const char* level = std::getenv("PINCER_LOG");
  if (level == nullptr) return true;
  const std::string name(level);
  const auto parsed = spdlog::level::from_str(name);
  spdlog::set_level(parsed);
  return parsed != spdlog::level::off || name == "off";
}

int parse_and_run(CLI::App& app, const Action& action, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return report(app, error);
  }
  if (!action) {
    fmt::print("{}", app.help());
    return kOk;
  }
  return action();
}

}  // namespace

int run_command_line(int argc, char** argv) {
  // A reader that goes away and a file-size limit come back as errors of the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  if (!start_log()) {
    return fail_usage(
        fmt::format("PINCER_LOG={} is no level; use trace, debug, info, warn, error or off",
                    std::getenv("PINCER_LOG")));
  }
  CLI::App app("Runs and serves language models on this machine.", "pincer");
  app.set_version_flag("--version", version());
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  Action action;
  add_run_command(app, action);
  add_serve_command(app, action);
  add_pull_command(app, action);
  add_list_command(app, action);
  add_show_command(app, action);
  add_bench_command(app, action);
  add_quantize_command(app, action);
  add_perplexity_command(app, action);
  add_doctor_command(app, action);
  add_ps_command(app, action);
  add_pool_command(app, action);
  add_route_command(app, action);
  try {
    return parse_and_run(app, action, argc, argv);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "pincer: out of memory; choose a smaller model or context\n");
  } catch (const std::exception& bug) {
    fmt::print(stderr, "pincer: internal error: {}; please report it\n", bug.what());
  }
  return kFailed;
}

}  // namespace pincer
