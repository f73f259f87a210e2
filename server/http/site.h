// What all connections of a server share.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "pincer/server/limits.h"
#include "server/http/access.h"
#include "server/http/connections.h"
#include "server/http/problem.h"
#include "server/http/router.h"
#include "server/metrics/server_metrics.h"

namespace pincer {

struct Site {
  Site(const Limits& given, Access rules) : limits(given), access(std::move(rules)) {}

  // Fixed before serving begins.
  const Limits limits;
  const Access access;
  Router router;
  std::function<Response(const Problem&)> problem_response;  // in the API's error body
  std::function<void()> on_request_end;                      // any thread

  // Shared between threads.
  ServerMetrics metrics;
  Connections connections;
  Connections refused;  // beyond the limit, being told so
  std::atomic<bool> draining = false;
};

}  // namespace pincer
