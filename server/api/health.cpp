#include "server/api/health.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>

#include "server/route/hybrid_router.h"

namespace pincer {

namespace {

// Reads /proc for what of the weights is in memory, which takes milliseconds for gigabytes.
asio::awaitable<std::string> metrics_text(const Api& api) {
  Site& site = api.site;
  if (site.access_log) site.metrics.access_log_dropped = site.access_log->dropped();
  std::string text = site.metrics.text(*api.models, !site.draining && api.models->ready());
  MetricsText more;
  api.responses->write_metrics(more);
  if (const std::shared_ptr<HybridRouter> router = api.router.get()) router->write_metrics(more);
  text += more.text();
  co_return text;
}

}  // namespace

asio::awaitable<void> health(Exchange& exchange) {
  Response response;
  response.body = R"({"status":"ok"})";
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> ready(const Api& api, Exchange& exchange) {
  Response response;
  if (api.site.draining) {
    response.status = 503;
    response.body = R"({"status":"draining"})";
  } else if (!api.models->ready()) {
    response.status = 503;
    response.body = R"({"status":"loading"})";
  } else {
    response.body = R"({"status":"ready"})";
  }
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> metrics(const Api& api, Exchange& exchange) {
  auto task = metrics_text(api);
  Response response;
  response.content_type = kMetricsContentType;
  response.body =
      co_await asio::co_spawn(api.workers.get_executor(), std::move(task), asio::use_awaitable);
  co_await exchange.send(std::move(response));
}

}  // namespace pincer
