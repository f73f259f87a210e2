#include "server/api/openai_embeddings.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>
#include <variant>

#include "server/api/answer_stream.h"
#include "server/api/embedding_text.h"
#include "server/api/find_model.h"
#include "server/api/http_caller.h"
#include "server/api/offload.h"
#include "server/api/openai_embeddings_request.h"
#include "server/api/openai_error.h"

namespace pincer {
namespace {

std::string list_body(const std::string& model, const Embeddings& embeddings, bool base64) {
  std::string body = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < embeddings.vectors.size(); ++i) {
    if (i > 0) body += ',';
    body += fmt::format(R"({{"object":"embedding","index":{},"embedding":)", i);
    if (base64) {
      body += '"' + base64_floats(embeddings.vectors[i]) + '"';
    } else {
      append_floats(body, embeddings.vectors[i]);
    }
    body += '}';
  }
  body += fmt::format(R"(],"model":{},"usage":{{"prompt_tokens":{},"total_tokens":{}}}}})",
                      boost::json::serialize(boost::json::string(model)), embeddings.tokens,
                      embeddings.tokens);
  return body;
}

}  // namespace

asio::awaitable<void> openai_embeddings(const Api& api, Exchange& exchange) {
  auto parsed = co_await parse_body(api, exchange, parse_openai_embeddings);
  if (auto* problem = std::get_if<Problem>(&parsed))
    co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
  auto& request = std::get<OpenAiEmbeddingsRequest>(parsed);
  if (auto problem = complete_model_name(*api.models, request.job.model))
    co_return co_await send_problem(exchange, *std::move(problem), openai_error_response);
  const std::string model = request.job.model;
  HttpCaller caller(exchange);
  auto made = co_await embed(api, caller, std::move(request.job));
  if (auto* problem = std::get_if<Problem>(&made))
    co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
  Response response;
  response.body = list_body(model, std::get<Embeddings>(made), request.base64);
  co_await exchange.send(std::move(response));
}

}  // namespace pincer
