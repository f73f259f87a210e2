// pincer route: where a prompt would go and why, and the score of many prompts.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "server/cli/command.h"
#include "server/cli/plan_report.h"
#include "server/cli/score_csv.h"
#include "server/cli/serve_config.h"
#include "server/route/features.h"
#include "server/route/nearest_name.h"
#include "server/route/prompt_score.h"

namespace pincer {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  pincer route --explain \"Prove that there are infinitely many primes.\" --config "
    "pincer.yaml\n"
    "  pincer route --explain \"Hi\" --config pincer.yaml --model chat --local-only --json\n"
    "  pincer route --score prompts.csv --out scored.csv\n"
    "--explain shows the plan of a server that is idle and whose upstreams are all there.\n"
    "--score reads a column `prompt` and writes the same rows with a column `score`, 0 easy to 1 "
    "hard.";

struct RouteFlags {
  std::string prompt, score_file, out, config, model;
  bool explain = false, json = false, features = false, local_only = false, tools = false;
};

// One engine and nothing else: what serves without a configuration.
RouterConfig local_only_router() {
  RouterConfig router;
  router.upstreams.resize(1);
  router.upstreams[0].name = "local";
  router.upstreams[0].kind = UpstreamConfig::Kind::engine;
  router.routes.resize(1);
  router.routes[0].local = "local";
  return router;
}

Result<RouterConfig> router_of(const RouteFlags& flags) {
  if (flags.config.empty()) return local_only_router();
  ServeConfig config;
  if (auto read = read_serve_config(flags.config, config); !read) return read.error();
  return config.router.empty() ? local_only_router() : std::move(config.router);
}

Result<RouteConfig> route_of(const RouterConfig& router, const std::string& model) {
  if (model.empty()) return router.routes.front();
  const auto found = std::ranges::find(router.routes, model, &RouteConfig::model);
  if (found != router.routes.end()) return *found;
  std::vector<std::string> names;
  for (const RouteConfig& route : router.routes) names.push_back(route.model);
  return Error{ErrorCode::invalid_argument,
               fmt::format("no route has the model '{}'; did you mean '{}'?", model,
                           nearest_name(model, names))};
}

int explain(const RouteFlags& flags) {
  const auto router = router_of(flags);
  if (!router) return fail(router.error());
  const auto route = route_of(*router, flags.model);
  if (!route) return fail(route.error());
  ChatRequest request;
  request.messages.push_back({.role = "user", .content = flags.prompt});
  RouteFeatures features = route_features(request, 1, std::chrono::steady_clock::now());
  features.local_only = flags.local_only;
  features.tools = flags.tools;
  RouteState idle;
  idle.draw = 0.5;
  RoutePlan plan = plan_route(*router, *route, features, idle);
  if (!plan.score) plan.score = prompt_score(features.text);
  fmt::print("{}", flags.json ? plan_json(plan) + "\n" : plan_text(plan));
  return plan.upstreams.empty() ? kFailed : kOk;
}

Error file_error(const std::string& file, const char* verb) {
  return {ErrorCode::io, fmt::format("cannot {} {}: {}", verb, file, std::strerror(errno))};
}

int score(const RouteFlags& flags) {
  std::ifstream in(flags.score_file, std::ios::binary);
  if (!in) return fail(file_error(flags.score_file, "read"));
  const std::string csv{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return fail(file_error(flags.score_file, "read"));
  const auto scored = score_csv(csv, flags.features);
  if (!scored) {
    return fail(
        {scored.error().code, fmt::format("{}: {}", flags.score_file, scored.error().message)});
  }
  std::FILE* out = flags.out.empty() ? stdout : std::fopen(flags.out.c_str(), "wb");
  if (out == nullptr) return fail(file_error(flags.out, "write"));
  bool written = std::fwrite(scored->data(), 1, scored->size(), out) == scored->size();
  written = (flags.out.empty() ? std::fflush(out) : std::fclose(out)) == 0 && written;
  return written ? kOk : fail(file_error(flags.out.empty() ? "the scores" : flags.out, "write"));
}

int route(const RouteFlags& flags) {
  if (flags.explain == !flags.score_file.empty())
    return fail_usage("`pincer route` takes --explain PROMPT or --score FILE.csv");
  return flags.explain ? explain(flags) : score(flags);
}

}  // namespace

void add_route_command(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<RouteFlags>();
  CLI::App* sub = app.add_subcommand("route", "Show where the router sends a prompt, and why");
  CLI::Option* prompt = sub->add_option("--explain", flags->prompt, "the prompt to plan for");
  sub->add_option("--score", flags->score_file, "a CSV file with a column `prompt`");
  sub->add_option("--out", flags->out, "where the scores go (default: the terminal)");
  sub->add_flag("--features", flags->features, "with --score: what the score weighs, too");
  sub->add_option("--config", flags->config, "the configuration of `pincer serve`");
  sub->add_option("--model", flags->model,
                  "the route, by the name that clients ask for (default: the first)");
  sub->add_flag("--local-only", flags->local_only, "the request may not leave this machine");
  sub->add_flag("--tools", flags->tools, "the request offers tools");
  sub->add_flag("--json", flags->json, "print one JSON object");
  sub->footer(kExamples);
  sub->callback([flags, prompt, &action] {
    flags->explain = prompt->count() > 0;
    action = [flags] { return route(*flags); };
  });
}

}  // namespace pincer
