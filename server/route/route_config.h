// What an operator says of upstreams and routes: the YAML of docs/router.md as plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "server/route/expression.h"

namespace pincer {

using Milliseconds = std::chrono::milliseconds;

struct UpstreamTimeouts {
  Milliseconds connect{1'000};      // name resolution, TCP and TLS
  Milliseconds first_token{5'000};  // from the request to its first content
  Milliseconds inter_token{3'000};  // silence between two pieces of content
  Milliseconds total{120'000};      // 0: none
  bool operator==(const UpstreamTimeouts&) const = default;
};

struct UpstreamPrice {  // USD per million tokens
  double input = 0, cached_input = 0, output = 0;
  bool operator==(const UpstreamPrice&) const = default;
};

// When an upstream is left alone, per model. Names after Envoy's outlier detection.
struct BreakerOptions {
  int consecutive_errors = 5;
  double error_rate = 0.5;  // of the requests in `window`, once there were `min_requests`
  int min_requests = 10;
  Milliseconds window{60'000};
  Milliseconds base_ejection{5'000};  // doubled each time, up to max_ejection
  Milliseconds max_ejection{300'000};
  Milliseconds billing_ejection{18'000'000};  // no credit, a refused key: not probed by traffic
  double jitter = 0.2;                        // of each ejection, to either side
  bool operator==(const BreakerOptions&) const = default;
};

struct RetryOptions {
  int max_attempts = 2;  // at one upstream, the first included
  Milliseconds backoff_base{100}, backoff_max{2'000};
  bool respect_retry_after = true;
  bool operator==(const RetryOptions&) const = default;
};

// What an upstream can do; requests that want more are not sent there.
struct UpstreamAbilities {
  bool tools = true;
  bool schema = true;    // holds an answer to a format
  bool logprobs = true;  // an Anthropic API has none, unless the configuration says so
  bool choices = true;   // several answers to one request; the same
  bool operator==(const UpstreamAbilities&) const = default;
};

struct UpstreamConfig {
  enum class Kind {
    engine,  // this process
    worker,  // an engine in a process of its own, which is started again when it dies
    openai,  // any server of that API
    anthropic,
  };
  std::string name;
  Kind kind = Kind::openai;
  std::string base_url;  // "https://api.example/v1"; for Unix sockets "unix:/path"; of remote kinds
  std::string api_key_env, api_key_file;  // where the key stands; never the key itself
  std::map<std::string, std::string>
      models;  // the name in a request -> the upstream's; others: the same
  UpstreamAbilities supports;
  UpstreamPrice price;
  UpstreamTimeouts timeouts;
  BreakerOptions breaker;
  RetryOptions retry;
  int context = 0;          // tokens; 0: not known (an engine knows its own)
  int max_concurrency = 0;  // 0: no limit
  // How an answer that broke off is gone on with: an assistant's message at the end, …
  enum class Prefill {
    none,       // not possible
    plain,      // as it is (Anthropic)
    prefix,     // with "prefix": true (DeepSeek, Mistral, LiteLLM)
    continued,  // with "continue_final_message": true, "add_generation_prompt": false (vLLM,
                // Pincer)
  };
  Prefill prefill = Prefill::none;
  std::string
      proxy;  // "http://host:port"; empty: as https_proxy, http_proxy and no_proxy say; "none"
  std::string ca_file;  // PEM of those who may sign the certificate; empty: the system's

  bool remote() const { return kind == Kind::openai || kind == Kind::anthropic; }
  bool operator==(const UpstreamConfig&) const = default;
};

enum class PolicyKind { fixed, length, classifier, cascade, weighted };

// A condition and what it leads to; the first that holds wins.
struct RouteRule {
  std::string when;          // source of the expression, docs/router.md
  Expression condition;      // of `when`, over rule_names() of the configuration's upstreams
  std::string use;           // an upstream's name
  bool fail_closed = false;  // no other upstream instead
};

struct RoutePolicy {
  PolicyKind kind = PolicyKind::fixed;
  std::vector<RouteRule> rules;
  int length_below = 50;  // length: fewer characters than this stay local
  // classifier and cascade: requests whose score is at least this go to the cloud; negative:
  // calibrated so that `target_cloud_share` of them do.
  double threshold = -1;
  double target_cloud_share = 0.3;
  std::map<std::string, double> weights;  // weighted: upstream -> weight
  // cascade: looks at the first tokens that the local model writes.
  int probe_tokens = 16;
  double escalate_below = 0.35;  // mean margin between the two likeliest tokens' probabilities
};

struct LoadControl {
  bool enabled = false;
  Milliseconds target_first_token{1'000};
  double hysteresis = 0.1;  // of the target
  bool operator==(const LoadControl&) const = default;
};

struct StreamFailure {
  bool go_on = true;  // false: an answer that broke off after its first content ends with an error
  int max_migrations = 1;
  bool warm_standby = false;
  int max_prefill_tokens = 2048;  // of a standby
  bool marker = false;            // tell clients by an SSE comment, though they do not ask for it
};

struct CanaryConfig {
  std::string target;                  // an upstream
  std::string baseline;                // the one that it stands in for
  double weight = 0;                   // percent of requests
  double shadow = 0;                   // percent of requests that it answers as well, unseen
  bool sticky = true;                  // the same session, the same side
  double max_error_rate = 0.01;        // more than the baseline's by this: rolled back
  double max_first_token_ratio = 1.2;  // of the medians or the 95th percentiles
  double min_agreement = 0;            // of shadows' answers with those that clients got; 0: any
  int min_requests = 200;              // before it counts as proven; a guard may act earlier
  bool operator==(const CanaryConfig&) const = default;
};

struct PrivacyConfig {
  bool enabled = false;
  std::vector<std::string> detect;  // classes, docs/privacy.md; empty: all
  std::string names_file;           // one name a line
  bool restore = true;
  std::string audit_log;  // a file; empty: none
};

struct RouteConfig {
  std::string model;         // the name that clients ask for
  std::string local, cloud;  // upstreams' names: what policies mean by local and cloud
  RoutePolicy policy;
  std::vector<std::string> fallbacks;  // after the plan's own, in this order; "cache": an exact one
  LoadControl load;
  StreamFailure stream_failure;
  CanaryConfig canary;
  PrivacyConfig privacy;
};

struct RetryBudgetOptions {
  double ratio = 0.1;  // of the requests in `ttl`
  double min_per_second = 3;
  Milliseconds ttl{10'000};
};

struct SpendLimit {
  double limit_usd = 0;
  std::chrono::hours window{24 * 30};
  bool per_key = true;  // false: all keys together
};

struct HistoryConfig {
  std::string path;  // folder; empty: conversations are kept in memory only
  std::int64_t max_bytes = std::int64_t{8} << 30;
  std::string s3_endpoint, s3_bucket, s3_region = "us-east-1", s3_prefix;
  std::string s3_credentials_file;   // two lines, key id and secret; empty: AWS_ACCESS_KEY_ID, …
  std::string s3_ca_file, s3_proxy;  // as an upstream's
  std::string key_file;              // of 32-byte keys in hexadecimal, the newest last
  bool operator==(const HistoryConfig&) const = default;
};

struct RouterConfig {
  std::vector<UpstreamConfig> upstreams;
  std::vector<RouteConfig> routes;
  RetryBudgetOptions retry_budget;
  std::vector<SpendLimit> budgets;
  HistoryConfig history;

  bool empty() const { return routes.empty(); }
};

}  // namespace pincer
