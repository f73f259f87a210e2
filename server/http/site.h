// What all connections of a server share.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "pincer/server/limits.h"
#include "server/http/access.h"
#include "server/http/certificates.h"
#include "server/http/connections.h"
#include "server/http/key_ring.h"
#include "server/http/problem.h"
#include "server/http/router.h"
#include "server/http/snapshot.h"
#include "server/log/access_log.h"
#include "server/metrics/server_metrics.h"

namespace pincer {

struct Site {
  Site(const Limits& given, Access rules, std::vector<ApiKey> api_keys)
      : current_limits(given), current_access(std::move(rules)), keys(std::move(api_keys)) {}

  // As they are now: a request keeps what it began with.
  std::shared_ptr<const Limits> limits() const { return current_limits.get(); }
  std::shared_ptr<const Access> access() const { return current_access.get(); }

  // Fixed before serving begins.
  std::shared_ptr<Certificates> certificates;  // null: no TLS
  Router router;
  // In the error body of the API that the path belongs to.
  std::function<Response(const Problem&, std::string_view path)> problem_response;
  std::function<void()> on_request_end;   // any thread
  std::function<void()> drain;            // any thread
  std::unique_ptr<AccessLog> access_log;  // null: none

  // Serves a client that speaks the framed protocol.
  std::function<asio::awaitable<void>(std::shared_ptr<Wire>)> serve_framed;

  // Shared between threads.
  Snapshot<Limits> current_limits;
  Snapshot<Access> current_access;
  KeyRing keys;
  ServerMetrics metrics;
  Connections connections;
  Connections refused;  // beyond the limit, being told so
  std::atomic<bool> draining = false;
};

}  // namespace pincer
