// What the server counts about itself, and the page that shows it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "pincer/server/models.h"
#include "server/metrics/gen_ai_metrics.h"
#include "server/metrics/histogram.h"

namespace pincer {

// Thread-safe.
class ServerMetrics {
 public:
  ServerMetrics();

  // `path` is a route's pattern, never what the client wrote: the number of label values is
  // bounded.
  void count_request(std::string_view path, unsigned status, double seconds);

  std::atomic<std::int64_t> active_requests = 0;
  std::atomic<std::int64_t> connections = 0;
  std::atomic<std::int64_t> connections_refused = 0;
  std::atomic<std::int64_t> clients_left = 0;  // before their answer was complete
  std::atomic<std::int64_t> access_log_dropped = 0;
  GenAiMetrics gen_ai;
  Histogram first_token;
  Histogram inter_token;

  // The page of GET /metrics.
  std::string text(const Models& models, bool ready) const;

 private:
  void write_requests(MetricsText& out) const;

  Histogram duration_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, unsigned>, std::uint64_t> requests_;
};

}  // namespace pincer
