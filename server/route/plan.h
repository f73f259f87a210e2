// Where a request goes, and why: the policy is a pure function from what is known to a plan.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/route/route_config.h"

namespace pincer {

// What is measured of a request, in microseconds and without a tokenizer.
struct RouteFeatures {
  std::string text;       // of the last user message; what scores look at
  int characters = 0;     // code points of it
  int prompt_tokens = 0;  // of all messages, estimated
  int max_tokens = -1;    // that were asked for
  int messages = 0;
  bool tools = false;         // offered
  bool forced_tools = false;  // must be called
  bool schema = false;        // the answer is held to a format
  bool logprobs = false;
  bool continues = false;  // the answer goes on from an assistant's message at the end
  int choices = 1;
  double deadline_s = 0;    // that the client gives it; 0: none
  bool local_only = false;  // the client, or what was found in the text, keeps it here
  std::vector<std::string> private_classes;  // that were found: "email"
  std::string wanted_upstream;               // header x-pincer-upstream; empty: none
  std::string session;  // what stickiness goes by: a header's or the user's; empty: none
  std::string canary;   // header x-pincer-canary: "always", "never" or empty
};

// What is known of an upstream at this moment.
struct UpstreamState {
  bool available = true;       // its breaker lets a request through
  double expected_wait_s = 0;  // until a request would begin
  double first_token_s = 0;    // expected after that; 0: not known
  int in_flight = 0;
  int context = 0;  // tokens; 0: not known
};

struct RouteState {
  std::map<std::string, UpstreamState> upstreams;  // of the configuration, by name
  double budget_remaining_usd = -1;                // negative: no limit; 0: spent
  double spill_share = 0;    // of requests meant for local that the load controller sends on
  double draw = 0;           // uniform in [0, 1): decides shares
  double canary_weight = 0;  // the share of requests that the route's canary gets at this moment
};

struct RouteReason {
  std::string rule;    // "privacy", "context", "score", "breaker", …
  std::string value;   // what was seen: "0.42 >= 0.35"
  std::string effect;  // "cloud", "not local", …
};

// A request that was drawn by lot into one of a canary's arms.
struct CanaryLot {
  bool canary = false;        // else it is the baseline's
  double weight = 0;          // the canary's share in the lot
  std::uint64_t session = 0;  // session_hash() of what was drawn; 0: the request itself
};

struct RoutePlan {
  std::vector<std::string> upstreams;  // to try, in this order; empty: none may be
  std::vector<RouteReason> reasons;    // in the order that they were looked at
  std::optional<double> score;         // 0 easy … 1 hard
  bool cascade =
      false;  // upstreams[0] begins, and its first tokens decide whether upstreams[1] answers
  bool fail_closed = false;  // by a rule or for privacy: none but `upstreams` may answer, not even
                             // one that is asked for later
  std::string cause;         // the rule that chose upstreams[0], for a header and metrics
  std::optional<CanaryLot> lot;  // if upstreams[0] is the arm that was drawn
  double expected_wait_s = 0;    // until upstreams[0] would begin; set by the router
};

// Pure: the same arguments, the same plan.
RoutePlan plan_route(const RouterConfig& config, const RouteConfig& route,
                     const RouteFeatures& features, const RouteState& state);

}  // namespace pincer
