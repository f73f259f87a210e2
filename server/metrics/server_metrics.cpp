#include "server/metrics/server_metrics.h"

#include <fmt/format.h>

#include <array>

#include "server/metrics/engine_metrics.h"
#include "server/metrics/gateway_metrics.h"

namespace pincer {
namespace {

constexpr std::array kFirstTokenBounds = {0.005, 0.01, 0.025, 0.05, 0.1,  0.25, 0.5,
                                          1.0,   2.5,  5.0,   10.0, 30.0, 60.0};
constexpr std::array kInterTokenBounds = {0.001, 0.0025, 0.005, 0.01, 0.02, 0.04,
                                          0.08,  0.16,   0.32,  0.64, 1.28, 2.56};
constexpr std::array kDurationBounds = {0.005, 0.025, 0.1,  0.25, 0.5,   1.0,  2.5,
                                        5.0,   10.0,  30.0, 60.0, 120.0, 300.0};

double gauge(const std::atomic<std::int64_t>& value) {
  return static_cast<double>(value.load(std::memory_order_relaxed));
}

}  // namespace

ServerMetrics::ServerMetrics()
    : first_token(kFirstTokenBounds), inter_token(kInterTokenBounds), duration_(kDurationBounds) {}

void ServerMetrics::count_request(std::string_view path, unsigned status, double seconds) {
  duration_.observe(seconds);
  const std::lock_guard lock(mutex_);
  ++requests_[{std::string(path), status}];
}

void ServerMetrics::write_requests(MetricsText& out) const {
  out.family("pincer_requests_total", "counter", "Requests answered, by route and status code.");
  const std::lock_guard lock(mutex_);
  for (const auto& [key, count] : requests_) {
    const std::string code = fmt::format("{}", key.second);
    out.sample("pincer_requests_total", {{"path", key.first}, {"code", code}},
               static_cast<double>(count));
  }
}

std::string ServerMetrics::text(const Models& models, bool ready) const {
  MetricsText out;
  write_requests(out);
  out.single("pincer_ready", "gauge", "1 when requests are taken.", ready ? 1 : 0);
  out.single("pincer_active_requests", "gauge", "Requests in progress.", gauge(active_requests));
  out.single("pincer_connections", "gauge", "Open client connections.", gauge(connections));
  out.single("pincer_connections_refused_total", "counter", "Connections beyond the limit.",
             gauge(connections_refused));
  out.single("pincer_clients_left_total", "counter",
             "Clients that left before their answer was complete.", gauge(clients_left));
  out.single("pincer_access_log_dropped_total", "counter",
             "Lines of the access log that could not be written.", gauge(access_log_dropped));
  const std::vector<Models::Entry> entries = models.list();
  write_engine_metrics(out, entries);
  write_gateway_metrics(out, entries);
  gen_ai.write(out);
  if (models.opener()) write_pool_metrics(out, *models.opener());
  first_token.write(out, "pincer_time_to_first_token_seconds",
                    "From a request's headers to its first token.");
  inter_token.write(out, "pincer_inter_token_seconds",
                    "Between tokens, as they reach the connection.");
  duration_.write(out, "pincer_request_duration_seconds",
                  "From a request's headers to the end of its answer.");
  return out.text();
}

}  // namespace pincer
