#include <functional>

#include "server/api/anthropic_messages.h"
#include "server/api/api.h"
#include "server/api/ollama_chat.h"
#include "server/api/ollama_embed.h"
#include "server/api/ollama_models.h"
#include "server/api/openai_embeddings.h"
#include "server/api/tokenize.h"

namespace pincer {
namespace {

using boost::beast::http::verb;
using Answers = asio::awaitable<void> (*)(const Api&, Exchange&);

void post(Router& router, const Api& api, std::string pattern, Answers handler) {
  router.add({.method = verb::post,
              .pattern = std::move(pattern),
              .handler = std::bind_front(handler, std::cref(api))});
}

}  // namespace

void add_anthropic_routes(Router& router, const Api& api) {
  post(router, api, "/v1/messages", anthropic_messages);
  post(router, api, "/v1/messages/count_tokens", anthropic_count_tokens);
}

void add_ollama_routes(Router& router, const Api& api) {
  for (const auto& [pattern, use] :
       {std::pair{"/api/chat", OllamaUse::chat}, std::pair{"/api/generate", OllamaUse::generate}}) {
    router.add({.method = verb::post,
                .pattern = pattern,
                .handler = std::bind_front(ollama_chat, std::cref(api), use)});
  }
  post(router, api, "/api/embed", ollama_embed);
  post(router, api, "/api/embeddings", ollama_embeddings);
  post(router, api, "/api/show", ollama_show);
  router.add({.pattern = "/api/tags", .handler = std::bind_front(ollama_tags, std::cref(api))});
  router.add({.pattern = "/api/ps", .handler = std::bind_front(ollama_ps, std::cref(api))});
  router.add({.pattern = "/api/version", .open = true, .handler = ollama_version});
}

void add_text_routes(Router& router, const Api& api) {
  post(router, api, "/v1/embeddings", openai_embeddings);
  post(router, api, "/tokenize", tokenize);
  post(router, api, "/detokenize", detokenize);
  post(router, api, "/apply-template", apply_template);
}

}  // namespace pincer
