#include <functional>

#include "server/api/api.h"
#include "server/api/health.h"
#include "server/api/openai_chat.h"
#include "server/api/openai_models.h"

namespace pincer {

using boost::beast::http::verb;

void add_openai_routes(Router& router, const Api& api) {
  router.add({.method = verb::post,
              .pattern = "/v1/chat/completions",
              .handler = std::bind_front(openai_chat, std::cref(api))});
  router.add({.pattern = "/v1/models", .handler = std::bind_front(openai_models, std::cref(api))});
  router.add({.pattern = "/v1/models/*", .handler = std::bind_front(openai_model, std::cref(api))});
}

void add_health_routes(Router& router, const Api& api) {
  router.add({.pattern = "/health", .open = true, .when_draining = true, .handler = health});
  router.add({.pattern = "/ready",
              .open = true,
              .when_draining = true,
              .handler = std::bind_front(ready, std::cref(api))});
  router.add({.pattern = "/metrics",
              .when_draining = true,
              .handler = std::bind_front(metrics, std::cref(api))});
}

}  // namespace pincer
