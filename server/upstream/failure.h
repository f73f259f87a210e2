// Why an upstream did not answer, in the classes that routing acts on.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace pincer {

enum class FailureClass {
  connect,           // no connection: refused, no such host, TLS
  timeout_first,     // nothing came in time
  timeout_idle,      // nothing more came in time
  reset,             // the connection broke, or ended without the answer's end
  garbled,           // what came is not the protocol
  rate,              // 429
  billing,           // 402, and 400 or 429 that say so: no credit
  auth,              // 401, 403
  server,            // 5xx, or an error inside the stream
  context_overflow,  // too long for this model: another one may take it
  refused,           // 4xx: the request itself; would fail elsewhere, too
  content_policy,    // refused for what it says: never tried elsewhere
  busy,              // the local queue is full or too long
  cancelled,         // the client left
};

std::string_view name(FailureClass failure);

struct UpstreamFailure {
  FailureClass kind = FailureClass::server;
  int status = 0;                            // HTTP's; 0: none came
  std::string message;                       // for people; holds no key
  std::chrono::milliseconds retry_after{0};  // 0: not said
};

// Says something of the upstream, not of the request: it counts against the breaker.
bool counts_against_upstream(FailureClass failure);
// Another upstream may do better.
bool may_fail_over(FailureClass failure);

}  // namespace pincer
