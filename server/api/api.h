// What the API's handlers work with, and how they enter the router.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "pincer/engine/sampler.h"
#include "pincer/server/models.h"
#include "server/api/response_store.h"
#include "server/http/site.h"
#include "server/route/current_router.h"

namespace pincer {

// Outlives the handlers. `site` owns the router that they are in.
struct Api {
  Site& site;
  CurrentRouter& router;
  std::shared_ptr<Models> models;
  SamplingParams sampling;                   // where a request is silent
  std::shared_ptr<ResponseStore> responses;  // of /v1/responses
  asio::thread_pool&
      workers;  // for what takes longer than an I/O thread may wait, such as tokenizing
};

// /v1/chat/completions, /v1/completions, /v1/responses, /v1/models
void add_openai_routes(Router& router, const Api& api);
void add_text_routes(Router& router, const Api& api);       // /v1/embeddings, /tokenize, ...
void add_anthropic_routes(Router& router, const Api& api);  // /v1/messages
void add_ollama_routes(Router& router, const Api& api);     // /api/chat, /api/generate, ...
void add_admin_routes(Router& router, const Api& api);      // /admin/pool, /admin/canary, ...
void add_health_routes(Router& router, const Api& api);     // /health, /ready, /metrics

}  // namespace pincer
