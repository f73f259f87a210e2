#include <functional>

#include "server/api/admin.h"
#include "server/api/admin_canary.h"
#include "server/api/api.h"
#include "server/api/health.h"
#include "server/api/openai_chat.h"
#include "server/api/openai_completions.h"
#include "server/api/openai_models.h"
#include "server/api/responses.h"
#include "server/api/responses_socket.h"
#include "server/api/stored_responses.h"

namespace pincer {

using boost::beast::http::verb;

namespace {

void add_responses_routes(Router& router, const Api& api) {
  // Any key may connect; each response asks for more.
  router.add({.pattern = "/v1/responses",
              .scope = Scope::any,
              .handler = std::bind_front(responses_socket, std::cref(api))});
  router.add(
      {.pattern = "/v1/responses/*", .handler = std::bind_front(get_response, std::cref(api))});
  router.add({.method = verb::delete_,
              .pattern = "/v1/responses/*",
              .handler = std::bind_front(delete_response, std::cref(api))});
  router.add({.method = verb::post,
              .pattern = "/v1/responses/*",
              .handler = std::bind_front(cancel_response, std::cref(api))});
  // After the pattern that it falls under as well: the last one that matches counts.
  router.add({.method = verb::post,
              .pattern = "/v1/responses/input_tokens",
              .handler = std::bind_front(count_response_input, std::cref(api))});
  router.add({.method = verb::post,
              .pattern = "/v1/responses",
              .handler = std::bind_front(create_response, std::cref(api))});
}

// Clients that were set up for llama.cpp's server may leave out the version. Not /completions and
// /embeddings: there, these have other bodies.
void add_unversioned_routes(Router& router, const Api& api) {
  router.add({.method = verb::post,
              .pattern = "/chat/completions",
              .handler = std::bind_front(openai_chat, std::cref(api))});
  router.add({.method = verb::post,
              .pattern = "/responses",
              .handler = std::bind_front(create_response, std::cref(api))});
  router.add({.pattern = "/models",
              .scope = Scope::any,
              .handler = std::bind_front(openai_models, std::cref(api))});
}

}  // namespace

void add_openai_routes(Router& router, const Api& api) {
  router.add({.method = verb::post,
              .pattern = "/v1/chat/completions",
              .handler = std::bind_front(openai_chat, std::cref(api))});
  router.add({.method = verb::post,
              .pattern = "/v1/completions",
              .handler = std::bind_front(openai_completions, std::cref(api))});
  add_responses_routes(router, api);
  add_unversioned_routes(router, api);
  router.add({.pattern = "/v1/models",
              .scope = Scope::any,
              .handler = std::bind_front(openai_models, std::cref(api))});
  router.add({.pattern = "/v1/models/*",
              .scope = Scope::any,
              .handler = std::bind_front(openai_model, std::cref(api))});
}

void add_health_routes(Router& router, const Api& api) {
  router.add({.pattern = "/health", .open = true, .when_draining = true, .handler = health});
  router.add({.pattern = "/ready",
              .open = true,
              .when_draining = true,
              .handler = std::bind_front(ready, std::cref(api))});
  router.add({.pattern = "/metrics",
              .scope = Scope::metrics,
              .when_draining = true,
              .handler = std::bind_front(metrics, std::cref(api))});
}

void add_admin_routes(Router& router, const Api& api) {
  router.add({.pattern = "/admin/pool",
              .scope = Scope::admin,
              .when_draining = true,
              .handler = std::bind_front(admin_pool, std::cref(api))});
  router.add({.pattern = "/admin/routes",
              .scope = Scope::admin,
              .when_draining = true,
              .handler = std::bind_front(admin_routes, std::cref(api))});
  router.add({.pattern = "/admin/canary",
              .scope = Scope::admin,
              .when_draining = true,
              .handler = std::bind_front(admin_canaries, std::cref(api))});
  router.add({.method = verb::post,
              .pattern = "/admin/canary/*",
              .scope = Scope::admin,
              .handler = std::bind_front(admin_change_canary, std::cref(api))});
  router.add({.method = verb::post,
              .pattern = "/admin/drain",
              .scope = Scope::admin,
              .when_draining = true,
              .handler = std::bind_front(admin_drain, std::cref(api))});
}

}  // namespace pincer
