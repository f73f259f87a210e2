// What a decision of the router takes: measuring a request, the score, rules and the plan. The
// counters are of single decisions: route_decision_bench --benchmark_counters_tabular=true
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "server/route/features.h"
#include "server/route/prompt_score.h"
#include "server/route/rule_names.h"

namespace pincer {
namespace {

using Clock = std::chrono::steady_clock;

// A prompt of words that were drawn, so that no branch is foreseen from the one before.
std::string prompt_of(std::size_t bytes, std::mt19937& random) {
  constexpr std::array kWords = {
      "the",   "of",      "which",          "following", "statements", "about", "James", "wrote",
      "NOT",   "true",    "thermodynamics", "is",        "a",          "heat",  "lost?", "in",
      "1871,", "(25%)",   "explain",        "how",       "many",       "laws",  "3.5",   "$40",
      "why",   "\"one\"", "prove",          "that",      "x^2",        "+",     "y;",    "suppose",
      "if",    "you",     "most",           "likely.\n", "A.",         "B.",    "it",    "was"};
  std::string text;
  while (text.size() < bytes) {
    text += kWords[random() % kWords.size()];
    text += random() % 16 == 0 ? '\n' : ' ';
  }
  text.resize(bytes);
  return text;
}

constexpr std::size_t kPrompts = 512;

struct Case {
  RouterConfig config;
  RouteState state;
  std::vector<ChatRequest> requests;
};

Case make_case(std::size_t bytes) {
  Case c;
  c.config.upstreams.resize(3);
  c.config.upstreams[0].name = "local";
  c.config.upstreams[0].kind = UpstreamConfig::Kind::engine;
  c.config.upstreams[0].context = 8192;
  c.config.upstreams[1].name = "cloud";
  c.config.upstreams[1].price = {.input = 1, .cached_input = 1, .output = 4};
  c.config.upstreams[2].name = "spare";
  RouteConfig route;
  route.model = "chat";
  route.local = "local";
  route.cloud = "cloud";
  route.fallbacks = {"spare", "cache"};
  route.policy.kind = PolicyKind::cascade;
  route.load.enabled = true;
  for (const char* when :
       {"privacy == \"local_only\"", "prompt_tokens > local.context", "budget.remaining <= 0",
        "tools and not local.available", "characters < 20 and not schema"}) {
    auto condition = parse_expression(when, rule_names(c.config.upstreams));
    route.policy.rules.push_back({when, std::move(condition).value(), "local", false});
  }
  c.config.routes.push_back(route);
  c.state.upstreams = {{"local", {.context = 8192}}, {"cloud", {}}, {"spare", {}}};
  c.state.budget_remaining_usd = 5;
  c.state.spill_share = 0.2;
  std::mt19937 random(1);
  for (std::size_t i = 0; i < kPrompts; ++i) {
    c.requests.emplace_back().messages = {{.role = "system", .content = "You help."},
                                          {.role = "user", .content = prompt_of(bytes, random)}};
  }
  return c;
}

void decision(benchmark::State& state) {
  const Case c = make_case(static_cast<std::size_t>(state.range(0)));
  const RouteConfig& route = c.config.routes.front();
  std::vector<double> micros;
  for (auto _ : state) {
    const auto from = Clock::now();
    const RouteFeatures features = route_features(c.requests[micros.size() % kPrompts], 1, from);
    benchmark::DoNotOptimize(plan_route(c.config, route, features, c.state));
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - from).count());
  }
  std::ranges::sort(micros);
  state.counters["p50_us"] = micros[micros.size() / 2];
  state.counters["p99_us"] = micros[micros.size() * 99 / 100];
}

void score(benchmark::State& state) {
  std::mt19937 random(1);
  std::vector<std::string> prompts(kPrompts);
  for (std::string& prompt : prompts)
    prompt = prompt_of(static_cast<std::size_t>(state.range(0)), random);
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(prompt_score(prompts[i++ % kPrompts]));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(decision)->Arg(64)->Arg(512)->Arg(4096)->Arg(65536);
BENCHMARK(score)->Arg(64)->Arg(512)->Arg(4096);

}  // namespace
}  // namespace pincer
