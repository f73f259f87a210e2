#include "server/api/health.h"

#include <utility>

namespace pincer {

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
  Response response;
  response.content_type = kMetricsContentType;
  response.body = api.site.metrics.text(*api.models, !api.site.draining && api.models->ready());
  co_await exchange.send(std::move(response));
}

}  // namespace pincer
