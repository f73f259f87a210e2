#include "server/route/router_config.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <iterator>
#include <string>

namespace pincer {
namespace {

using namespace std::chrono_literals;

RouterConfig read(const std::string& yaml) {
  RouterConfig config;
  read_router_config(YAML::Load(yaml), config);
  return config;
}

// What is said of a configuration that is wrong, with the line: "3: unknown key …".
std::string config_refusal(const std::string& yaml) {
  try {
    (void)read(yaml);
  } catch (const YAML::Exception& wrong) {
    return std::to_string(wrong.mark.line + 1) + ": " + wrong.msg;
  }
  return "";
}

const std::string kTwo =
    "upstreams:\n"
    "  - {name: home, kind: engine}\n"
    "  - {name: sky, base_url: 'http://127.0.0.1:9102/v1'}\n";

constexpr const char* kComplete = R"(
routes:
  - match: {model: chat}
    policy:
      rules:
        - {if: 'privacy == "local_only"', use: local, fail: closed}
        - {if: 'budget.remaining <= 0', use: local}
      classifier: {threshold: auto, target_cloud_share: 25%}
      cascade: {probe_tokens: 8, escalate_below: 0.4}
      load: {target_ttft: 800ms, hysteresis: 20%}
    fallbacks: [cloud, local, cache]
    stream_failure: {mode: terminate, max_migrations: 2, warm_standby: {max_prefill_tokens: 512}, marker: true}
    canary: {target: local@v2, weight: 5%, shadow: 10, sticky: none, guard: {error_rate: +2%, ttft_p95: +30%}, min_requests: 50}
    privacy: {detect: [email, phone], names_file: names.txt, restore: false, audit_log: audit.log}
upstreams:
  - {name: local, kind: engine, models: {chat: small}, admission: {max_concurrency: 2}}
  - name: cloud
    kind: anthropic
    base_url: https://api.example
    api_key_env: KEY
    models: {chat: big, other: bigger}
    price_per_mtok: {input: 0.15, output: 0.6}
    timeouts: {connect: 2s, first_token: 6s, inter_token: 1.5s, total: 2m}
    outlier_detection: {consecutive_errors: 3, error_rate: 40%, min_requests: 7, window: 30s, base_ejection_time: 1s, max_ejection_time: 1m, billing_ejection_time: 1h, jitter: 0.1}
    retry: {max_attempts: 3, backoff: {base: 50ms, max: 1s}, respect_retry_after: false}
    context: 8192
    max_concurrency: 9
    prefill: plain
    proxy: none
    ca_file: ca.pem
  - {name: local@v2, kind: worker}
retry_budget: {ratio: 20%, min_per_second: 1, ttl: 5s}
budgets: [{scope: all, limit_usd: 10, window: 7d}, {limit_usd: 1}]
storage:
  hot: {path: /var/lib/pincer, max_bytes: 2GiB}
  cold: {s3: {endpoint: 'http://127.0.0.1:9301', bucket: history, region: eu-1, prefix: p/, credentials_file: s3.txt, ca_file: ca.pem, proxy: none}, key_file: keys.hex}
)";

TEST(RouterConfig, ReadsEveryKeyOfUpstreams) {
  const RouterConfig c = read(kComplete);
  ASSERT_EQ(c.upstreams.size(), 3U);
  EXPECT_EQ(c.upstreams[0].kind, UpstreamConfig::Kind::engine);
  EXPECT_EQ(c.upstreams[0].max_concurrency, 2);
  const UpstreamConfig& u = c.upstreams[1];
  EXPECT_EQ(u.kind, UpstreamConfig::Kind::anthropic);
  EXPECT_EQ(u.models.at("other"), "bigger");
  EXPECT_EQ(u.price, (UpstreamPrice{.input = 0.15, .cached_input = 0.15, .output = 0.6}));
  EXPECT_EQ(u.timeouts.connect, 2s);
  EXPECT_EQ(u.timeouts.inter_token, 1500ms);
  EXPECT_EQ(u.timeouts.total, 120s);
  EXPECT_EQ(u.breaker.consecutive_errors, 3);
  EXPECT_DOUBLE_EQ(u.breaker.error_rate, 0.4);
  EXPECT_EQ(u.breaker.billing_ejection, 1h);
  EXPECT_EQ(u.retry.max_attempts, 3);
  EXPECT_EQ(u.retry.backoff_base, 50ms);
  EXPECT_FALSE(u.retry.respect_retry_after);
  EXPECT_EQ(u.context, 8192);
  EXPECT_EQ(u.prefill, UpstreamConfig::Prefill::plain);
  EXPECT_EQ(u.proxy, "none");
  EXPECT_EQ(c.upstreams[2].kind, UpstreamConfig::Kind::worker);
}

TEST(RouterConfig, ReadsEveryKeyOfRoutes) {
  const RouterConfig c = read(kComplete);
  ASSERT_EQ(c.routes.size(), 1U);
  const RouteConfig& r = c.routes[0];
  EXPECT_EQ(r.model, "chat");
  EXPECT_EQ(r.local, "local");
  EXPECT_EQ(r.cloud, "cloud");
  EXPECT_EQ(r.policy.kind, PolicyKind::cascade);
  ASSERT_EQ(r.policy.rules.size(), 2U);
  EXPECT_TRUE(r.policy.rules[0].fail_closed);
  EXPECT_EQ(r.policy.rules[1].when, "budget.remaining <= 0");
  EXPECT_FALSE(r.policy.rules[1].fail_closed);
  EXPECT_LT(r.policy.threshold, 0);
  EXPECT_DOUBLE_EQ(r.policy.target_cloud_share, 0.25);
  EXPECT_EQ(r.policy.probe_tokens, 8);
  EXPECT_DOUBLE_EQ(r.policy.escalate_below, 0.4);
  EXPECT_TRUE(r.load.enabled);
  EXPECT_EQ(r.load.target_first_token, 800ms);
  EXPECT_DOUBLE_EQ(r.load.hysteresis, 0.2);
  EXPECT_EQ(r.fallbacks, (std::vector<std::string>{"cloud", "local", "cache"}));
  EXPECT_FALSE(r.stream_failure.go_on);
  EXPECT_TRUE(r.stream_failure.warm_standby);
  EXPECT_EQ(r.stream_failure.max_prefill_tokens, 512);
  EXPECT_TRUE(r.stream_failure.marker);
  EXPECT_EQ(r.canary.target, "local@v2");
  EXPECT_DOUBLE_EQ(r.canary.weight, 5);
  EXPECT_DOUBLE_EQ(r.canary.shadow, 10);
  EXPECT_FALSE(r.canary.sticky);
  EXPECT_DOUBLE_EQ(r.canary.max_error_rate, 0.02);
  EXPECT_DOUBLE_EQ(r.canary.max_first_token_ratio, 1.3);
  EXPECT_TRUE(r.privacy.enabled);
  EXPECT_FALSE(r.privacy.restore);
  EXPECT_EQ(r.privacy.detect, (std::vector<std::string>{"email", "phone"}));
}

TEST(RouterConfig, ReadsBudgetsAndStorage) {
  const RouterConfig c = read(kComplete);
  EXPECT_DOUBLE_EQ(c.retry_budget.ratio, 0.2);
  EXPECT_EQ(c.retry_budget.ttl, 5s);
  ASSERT_EQ(c.budgets.size(), 2U);
  EXPECT_FALSE(c.budgets[0].per_key);
  EXPECT_EQ(c.budgets[0].window, 168h);
  EXPECT_TRUE(c.budgets[1].per_key);
  EXPECT_EQ(c.history.max_bytes, std::int64_t{2} << 30);
  EXPECT_EQ(c.history.s3_region, "eu-1");
  EXPECT_EQ(c.history.s3_ca_file, "ca.pem");
  EXPECT_EQ(c.history.s3_proxy, "none");
  EXPECT_EQ(c.history.key_file, "keys.hex");
}

TEST(RouterConfig, ReadsTheExampleOfTheDocumentation) {
  std::ifstream page(PINCER_SOURCE_DIR "/docs/router.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  const std::string begin = "```yaml\n";
  const std::size_t from = text.find(begin);
  ASSERT_NE(from, std::string::npos);
  const std::string yaml =
      text.substr(from + begin.size(), text.find("\n```", from) - from - begin.size());
  EXPECT_EQ(config_refusal(yaml), "");
  EXPECT_EQ(read(yaml).routes.at(0).policy.kind, PolicyKind::cascade);
  EXPECT_EQ(read(yaml).routes.at(0).policy.rules.size(), 3U);
}

TEST(RouterConfig, TakesSidesFromTheKindsOfUpstreamsAndAPolicyByItsName) {
  const RouterConfig c = read(kTwo + "routes:\n  - {model: chat, policy: length}\n");
  EXPECT_EQ(c.routes[0].local, "home");
  EXPECT_EQ(c.routes[0].cloud, "sky");
  EXPECT_EQ(c.routes[0].policy.kind, PolicyKind::length);
  EXPECT_FALSE(c.routes[0].load.enabled);
  EXPECT_FALSE(c.routes[0].privacy.enabled);
  EXPECT_TRUE(read("budgets: []").empty());
}

TEST(RouterConfig, ACascadeAsksTheLocalModelUnlessAClassifierIsDescribed) {
  const RouterConfig c = read(kTwo + "routes: [{model: m, policy: {cascade: {}}}]\n");
  EXPECT_EQ(c.routes[0].policy.kind, PolicyKind::cascade);
  EXPECT_EQ(c.routes[0].policy.threshold, 1);
}

TEST(RouterConfig, ATargetOfQualityIsAShareOfTheCloud) {
  const std::string route = kTwo + "routes:\n  - {model: m, policy: {classifier: {";
  const double half = read(route + "target_quality: 50%}}}\n").routes[0].policy.target_cloud_share;
  const double most = read(route + "target_quality: 0.9}}}\n").routes[0].policy.target_cloud_share;
  EXPECT_GT(half, 0.3);
  EXPECT_LT(half, 0.5) << "a score that is worth something asks for less than its share";
  EXPECT_GT(most, half);
  EXPECT_LT(most, 0.9);
  EXPECT_NE(config_refusal(route + "target_quality: 50%, target_cloud_share: 20%}}}\n"), "");
  EXPECT_NE(config_refusal(route + "threshold: 0.5, target_quality: 50%}}}\n"), "");
}

TEST(RouterConfig, ASideMayBeLeftOut) {
  const RouterConfig c = read(kTwo + "routes: [{model: m, cloud: none}]\n");
  EXPECT_EQ(c.routes[0].local, "home");
  EXPECT_EQ(c.routes[0].cloud, "");
  EXPECT_NE(
      config_refusal(kTwo + "routes: [{model: m, cloud: none, local: none}]").find("no upstream"),
      std::string::npos);
}

TEST(RouterConfig, KnowsThatAnthropicsApiHasNoProbabilities) {
  const std::string start = "upstreams: [{name: a, base_url: 'https://a', kind: anthropic";
  EXPECT_FALSE(read(start + "}]").upstreams[0].supports.logprobs);
  EXPECT_TRUE(read(start + ", supports: {logprobs: true}}]").upstreams[0].supports.logprobs);
  EXPECT_TRUE(read(start + "}]").upstreams[0].supports.tools);
}

TEST(RouterConfig, SuggestsTheKeyThatWasMeant) {
  EXPECT_EQ(config_refusal("upstreams:\n  - name: a\n    kind: engine\n    timeout: {}\n"),
            "4: unknown key 'timeout' of an upstream; did you mean 'timeouts'?");
  EXPECT_EQ(config_refusal(kTwo + "routes:\n  - {model: m, policy: {cascde: {}}}\n"),
            "5: unknown key 'cascde' of a policy; did you mean 'cascade'?");
}

TEST(RouterConfig, RefusesWhatDoesNotFitTogether) {
  const struct {
    std::string yaml, said;
  } cases[] = {
      {kTwo + "routes: [{model: m, local: hone}]",
       "4: there is no upstream 'hone'; there are: home, sky"},
      {kTwo + "routes: [{model: m, fallbacks: [sea]}]", "there is no upstream 'sea'"},
      {kTwo + "routes: [{model: m, canary: {target: sea}}]", "there is no upstream 'sea'"},
      {"routes: [{model: m}]", "1: route 'm' has no upstream"},
      {"upstreams: [{name: a, kind: engine}]\nroutes: [{model: m, policy: length}]",
       "2: route 'm' has no cloud upstream"},
      {kTwo + "routes: [{policy: length}]", "a route has a `model`"},
      {kTwo + "routes: [{model: m}, {model: m}]", "two routes have the model 'm'"},
      {kTwo + "routes: [{model: m, policy: {weights: {home: 0, sky: 0}}}]", "add up to nothing"},
      {kTwo + "routes: [{model: m, policy: {weights: {home: -1, sky: 2}}}]", "-1 is not in 0 to"},
      {kTwo + "routes: [{model: m, policy: weighted}]", "has `weights`"},
      {kTwo + "routes: [{model: m, policy: {rules: [{use: home}]}}]", "has an `if` and a `use`"},
      {kTwo + "routes: [{model: m, policy: {rules: [{if: 'prompt_tokens > hone.context', use: "
              "home}]}}]",
       "4: rule 1, `prompt_tokens > hone.context`: column 17: nothing is called 'hone.context'; "
       "did "
       "you mean 'home.context'?"},
      {"upstreams: [{name: a, kind: engine}, {name: a, kind: engine}]",
       "two upstreams have the name 'a'"},
      {"upstreams: [{name: a, kind: engine, price_per_mtok: {input: -1}}]", "-1 is not in 0 to"},
      {"upstreams: [{name: a}]", "needs a base_url"},
      {"upstreams: [{name: a, kind: engine, base_url: 'http://x'}]", "has no base_url"},
      {"upstreams: [{name: cache, kind: engine}]", "'cache' cannot be the name"},
      {"upstreams: [{name: 'a b', kind: engine}]", "'a b' cannot be the name"},
      {"upstreams: [{name: a, kind: cloud}]", "'cloud' is not one of engine, worker, openai"},
      {"upstreams: [{name: a, name: b, kind: engine}]", "'name' of an upstream is there twice"},
      {"upstreams: [{name: a, kind: engine, timeouts: {total: 5 s}}]", "'5 s' is no time"},
      {"upstreams: {a: 1}", "upstreams are written as a list"},
      {"budgets: [{window: 1d}]", "has a `limit_usd`"},
      {"budgets: [{limit_usd: 1, window: 5m}]", "an hour or more"},
      {"storage: {hot: {max_bytes: 1GiB}}", "needs a folder"},
      {"storage: {hot: {path: p}, cold: {key_file: k}}", "but no s3"},
      {"storage: {hot: {path: p}, cold: {s3: {endpoint: e, bucket: b}}}", "needs a key_file"},
  };
  for (const auto& c : cases) {
    EXPECT_NE(config_refusal(c.yaml).find(c.said), std::string::npos) << c.yaml << "\n"
                                                                      << config_refusal(c.yaml);
  }
}

}  // namespace
}  // namespace pincer
