#include "server/api/admin.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "server/api/openai_error.h"
#include "server/report/pool_report.h"
#include "server/route/router_json.h"

namespace pincer {
namespace {

// Reads /proc/self/smaps, which takes milliseconds for gigabytes.
asio::awaitable<std::string> own_pool() {
  std::vector<PoolMapping> mappings = pool_mappings();
  std::erase_if(mappings, [](const PoolMapping& mapping) { return mapping.pid != ::getpid(); });
  co_return pool_json(process_rows(mappings));
}

Problem no_routes() {
  return {.status = 404,
          .message = "There are no routes in this server's configuration.",
          .code = "no_routes"};
}

}  // namespace

asio::awaitable<void> admin_pool(const Api& api, Exchange& exchange) {
  auto task = own_pool();
  Response response;
  response.body =
      co_await asio::co_spawn(api.workers.get_executor(), std::move(task), asio::use_awaitable);
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> admin_routes(const Api& api, Exchange& exchange) {
  Response response;
  if (const std::shared_ptr<HybridRouter> router = api.router.get()) {
    response.body = router_json(*router);
  } else {
    response = openai_error_response(no_routes());
  }
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> admin_drain(const Api& api, Exchange& exchange) {
  Response response;
  response.status = 202;
  response.body = R"({"status":"draining"})";
  co_await exchange.send(std::move(response));
  api.site.drain();
}

}  // namespace pincer
